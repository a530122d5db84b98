/** Features of images from a frozen backbone, by onnxruntime: what the linear probe learns from. */
import { RadaptError } from "../base/error";
import { applyFeature, chooseFeature } from "../engine/feature-choice";
import type { FeatureKind } from "../engine/types";
import type { FeatureSession } from "./ort";

export interface Features {
  /** D. */
  width: number;
  /** [count, D]. */
  data: Float32Array;
}

/**
 * @param images preprocessed, [count, 3, size, size]
 * @throws RadaptError `model.size` when the file is fixed to another image size, `feature.none` when no output fits
 */
export async function computeFeatures(
  session: FeatureSession,
  kind: FeatureKind,
  images: Float32Array,
  count: number,
  size: number,
): Promise<Features> {
  assertInput(session, size);
  const outputs = await session.run(images, count, size);
  const choice = chooseFeature(
    kind,
    [...outputs].map(([name, { shape }]) => ({ name, shape })),
  );
  const { shape, data } = outputs.get(choice.output)!;
  return { width: choice.width, data: applyFeature(choice, data, shape) };
}

function assertInput(session: FeatureSession, size: number): void {
  const [, channels, height, width] = session.input.shape;
  const fits = (axis: number, wanted: number) => axis === 0 || axis === wanted;
  if (fits(channels, 3) && fits(height, size) && fits(width, size)) return;
  throw new RadaptError("The model is made for another image size.", {
    code: "model.size",
    where: `input ${session.input.name}`,
    expected: `[3, ${height || size}, ${width || size}]`,
    got: `[3, ${size}, ${size}]`.concat(fits(channels, 3) ? "" : `, and the model has ${channels} channel(s)`),
    remedy: fits(channels, 3)
      ? `Set the preprocessing's size to ${height || width}.`
      : "Choose a backbone for colour images.",
  });
}
