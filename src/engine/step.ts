/** Optimisation steps on one batch, with everything that a comparison needs: the conformance door behind `radapt step`. */
import { createTrainer } from "./session";
import type { EngineDevice, MethodSpec, Model, NamedTensor, OptimizerSpec } from "./types";

export interface StepsRequest {
  model: Model;
  device: EngineDevice;
  method: MethodSpec;
  /** [B, C, H, W] */
  pixels: { shape: readonly number[]; data: Float32Array };
  /** Class of each image, 0 to classes − 1. */
  labels: ArrayLike<number>;
  classes: number;
  /** Weight of each class in the loss; all 1 when absent. The loss is the weighted mean. */
  classWeights?: readonly number[];
  optimizer: OptimizerSpec;
  lr: number;
  /** Images that pass at a time, at most; absent or 0 = all. */
  microBatch?: number;
  steps: number;
  seed: number;
  /** Initial values by checkpoint name; those not given start as the method says. */
  initial?: NamedTensor[];
}

/** One-hot targets [B, C] and weights [B] that sum to 1: PyTorch's weighted mean. */
export function targetsOf(labels: ArrayLike<number>, classes: number, classWeights?: readonly number[]) {
  const count = labels.length;
  const targets = new Float32Array(count * classes);
  const weights = new Float32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    targets[i * classes + labels[i]] = 1;
    weights[i] = classWeights?.[labels[i]] ?? 1;
    total += weights[i];
  }
  return { targets, weights: weights.map((w) => w / total) };
}

/** Nothing is dropped at random. `loss` and `grad.<name>` are those of the mean loss alone, unclipped. @returns `loss` [steps] before each update; `logits` and `grad.<name>` of the first step; `<name>` after the last */
export async function runSteps(request: StepsRequest): Promise<NamedTensor[]> {
  const { pixels, labels, classes, lr } = request;
  const [count, , height] = pixels.shape;
  const trainer = await createTrainer({ ...request, batch: count, imageSize: height, dropout: false });
  try {
    if (request.initial) trainer.importTrainables(request.initial, { partial: true });
    const inputs = await trainer.encode(pixels.data, count);
    const logits = await trainer.predict(inputs, count);
    const batch = { inputs, ...targetsOf(labels, classes, request.classWeights) };
    let gradients: NamedTensor[] = [];
    for (let step = 0; step < request.steps; step++) {
      trainer.step(batch, { adapter: lr, head: lr });
      if (step === 0) gradients = await trainer.gradients();
    }
    const losses = await trainer.losses();
    return [
      { name: "loss", shape: [request.steps], data: losses },
      { name: "logits", shape: [count, classes], data: logits },
      ...gradients.map((g) => ({ ...g, name: `grad.${g.name}` })),
      ...(await trainer.exportTrainables()),
    ];
  } finally {
    trainer.dispose();
  }
}
