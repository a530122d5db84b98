/** Features of images from a frozen backbone, by onnxruntime: what the linear probe learns from. */
import { RadaptError } from "../base/error";
import { applyFeature, chooseFeature } from "../engine/backbone/feature-choice";
import type { FeatureKind } from "../engine/types";
import type { FeatureSession } from "./ort";

export interface Features {
  /** D. */
  width: number;
  /** [count, D]. */
  data: Float32Array;
}

/**
 * @param images preprocessed, [count, ...shape]
 * @param shape [channels, height, width]
 * @throws RadaptError `model.size` when the file is fixed to another image size, `model.channels`
 *   to other channels, `feature.none` when no output fits
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
