/**
 * Shows one image as training sees it: at the model's input size, plain and augmented in some
 * epochs.
 */
import { RadaptError } from "../base";
import type { Pixels } from "../base/pixels";
import type { Training } from "../bench/training";
import { pixelsOf } from "../models/preprocess";
import type { Preprocessing } from "../models/types";
import type { DatasetSource } from "../storage/types";
import { createAugment } from "./augment";
import { createImageLoader, type Decode } from "./images";

export interface AugmentationPreviewRequest {
  datasetId: string;
  /** Name of the image in the dataset. */
  image: string;
  preprocessing: Preprocessing;
  training: Training;
  seed: number;
  /** From 1. */
  epochs: readonly number[];
}

export interface AugmentationPreview {
  plain: Pixels;
  /** One per epoch asked for. */
  augmented: Pixels[];
}

/**
 * @throws RadaptError "dataset.image-missing" where the dataset has no such image, or as decoding
 *   does
 */
export async function previewAugmentation(
  { image: name, preprocessing, training, seed, epochs }: Omit<AugmentationPreviewRequest, "datasetId">,
  dataset: DatasetSource,
  decode: Decode,
): Promise<AugmentationPreview> {
  const row = dataset.row.images.find((candidate) => candidate.name === name);
  if (!row)
    throw new RadaptError("The dataset has no such image.", {
      code: "dataset.image-missing",
      where: name,
      remedy: "Choose another image.",
    });
  const plain = await createImageLoader({ dataset, preprocessing, decode, keepBytes: 0 }).load([name]);
  const augment = createAugment(training, preprocessing, seed, () => row.sha256);
  const augmented: Pixels[] = [];
  for (const epoch of epochs) {
    const image = plain.slice();
    await augment(image, [{ name, repeat: 0 }], epoch);
    augmented.push(pixelsOf(image, preprocessing));
  }
  return { plain: pixelsOf(plain, preprocessing), augmented };
}
