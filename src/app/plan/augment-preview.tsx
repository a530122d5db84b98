/** Previews one of the dataset's images as training would see it in some epochs. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { detailsOf, type ErrorDetails } from "../../base";
import { trainingSchema } from "../../bench/training";
import type { AugmentationPreviewRequest, AugmentationPreview as Preview } from "../../worker/protocol";
import { backbonesStore } from "../state/backbones";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { draftStore, parseSeeds } from "../state/plan-draft";
import { services } from "../state/services";
import { Message } from "../ui/message";
import { PixelsImage } from "../ui/pixels-image";

const epochsShown = 5;

interface Shown extends Preview {
  of: AugmentationPreviewRequest;
}

/** Gives the preview of the latest request. Until it arrives, it gives the previous one. */
function usePreview(request: AugmentationPreviewRequest | null): { shown: Shown | null; error: ErrorDetails | null } {
  const [shown, setShown] = useState<Shown | null>(null);
  const [error, setError] = useState<ErrorDetails | null>(null);
  const key = JSON.stringify(request);
  useEffect(() => {
    const of: AugmentationPreviewRequest | null = JSON.parse(key);
    if (!of) return;
    let gone = false;
    services()
      .worker.previewAugmentation(of)
      .then(
        (drawn) => {
          if (gone) return;
          setShown({ ...drawn, of });
          setError(null);
        },
        (thrown: unknown) => !gone && setError(detailsOf(thrown)),
      );
    return () => {
      gone = true;
    };
  }, [key]);
  return { shown, error };
}

export function AugmentPreview() {
  const { training: typed, seeds, backboneIds } = useStore(draftStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const backbones = useStore(backbonesStore, (s) => s.backbones);
  const [turn, setTurn] = useState(0);
  const [image, setImage] = useState(0);
  const backbone = backbones.find(({ id }) => backboneIds.includes(id)) ?? backbones[0];
  const training = trainingSchema.safeParse(typed).data;
  const seed = parseSeeds(seeds)?.[0] ?? 0;
  const epochs = Array.from({ length: epochsShown }, (_, i) => epochsShown * turn + i + 1);
  const name = dataset?.images[image % dataset.images.length].name;
  const request =
    dataset && name && backbone && training
      ? { datasetId: dataset.id, image: name, preprocessing: backbone.preprocessing, training, seed, epochs }
      : null;
  const { shown, error } = usePreview(typed.augment.length > 0 ? request : null);
  if (typed.augment.length === 0) return null;
  if (!dataset) return <p className="dim small augment-preview">Open a dataset to see one of its images augmented.</p>;
  return (
    <section className="stack tight augment-preview" aria-label="Preview of the augmentation">
      {error && <Message kind="error" text={error} />}
      {shown && (
        <>
          <div className="preview-strip" data-testid="augment-preview">
            <figure>
              <PixelsImage pixels={shown.plain} alt={`${shown.of.image}, as it is`} />
              <figcaption className="thumb-note">as it is</figcaption>
            </figure>
            {shown.augmented.map((pixels, i) => (
              <figure key={shown.of.epochs[i]}>
                <PixelsImage pixels={pixels} alt={`${shown.of.image}, augmented for epoch ${shown.of.epochs[i]}`} />
                <figcaption className="thumb-note">epoch {shown.of.epochs[i]}</figcaption>
              </figure>
            ))}
          </div>
          <div className="row">
            <Button onClick={() => setTurn(turn + 1)}>Draw again</Button>
            <Button onClick={() => setImage(image + 1)}>Another image</Button>
            <span className="dim small">
              {shown.of.image} as training with seed {shown.of.seed} sees it, at {shown.plain.width} px
            </span>
          </div>
        </>
      )}
    </section>
  );
}
