/**
 * Computes features of images with a frozen backbone in onnxruntime. The linear probe trains on
 * them.
 */
import { RadaptError } from "../base/error";
import { applyFeature, chooseFeature } from "../engine/backbone/feature-choice";
import type { FeatureKind } from "../engine/types";
import type { FeatureSession } from "./ort";

export interface Features {
  /** Features per image, D. */
  width: number;
  /** [count, D]. */
  data: Float32Array;
}

/**
 * Computes one feature vector per image.
 *
 * @param images [count, ...shape], preprocessed
 * @param shape [channels, height, width]
 * @throws RadaptError `model.size` or `model.channels` when the file has another fixed image size
 *   or number of channels, `feature.none` when no output fits
 */
export async function computeFeatures(
  session: FeatureSession,
  kind: FeatureKind,
  images: Float32Array,
  count: number,
  shape: readonly number[],
): Promise<Features> {
  assertInput(session, shape);
  const outputs = await session.run(images, count, shape);
  const choice = chooseFeature(
    kind,
    [...outputs].map(([name, { shape }]) => ({ name, shape })),
  );
  const output = outputs.get(choice.output)!;
  return { width: choice.width, data: applyFeature(choice, output.data, output.shape) };
}

function assertInput(session: FeatureSession, shape: readonly number[]): void {
  const [, ...fixed] = session.input.shape;
  const misfit = fixed.findIndex((d, i) => d !== 0 && d !== shape[i]);
  if (misfit < 0) return;
  const [channels, height, width] = fixed.map((d, i) => d || shape[i]);
  const isChannels = misfit === 0;
  throw new RadaptError(`The model is made for ${isChannels ? "images of other channels" : "another image size"}.`, {
    code: isChannels ? "model.channels" : "model.size",
    where: `input ${session.input.name}`,
    expected: `[${channels}, ${height}, ${width}]`,
    got: `[${shape.join(", ")}]`,
    remedy: isChannels
      ? `Set the preprocessing's channels to ${channels}; Radapt feeds 1 or 3.`
      : `Set the preprocessing's size to ${height}; images are square.`,
  });
}
