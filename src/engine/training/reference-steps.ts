/**
 * Optimisation steps on one batch, with everything that a comparison needs: the conformance door
 * behind `radapt step`.
 */
import { RadaptError } from "../../base/error";
import { adapterOf, steppedMethods } from "../adapters";
import { DEFAULT_LOSS, logitAdjustment } from "../losses";
import type { EngineDevice, MethodSpec, Model, NamedTensor, OptimizerInput } from "../types";
import type { StepLoss } from "./step-loss";
import { targetsOf } from "./targets";
import { createTrainer } from "./trainer";

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
  /** Default plain cross-entropy. */
  loss?: StepLoss;
  optimizer: OptimizerInput;
  lr: number;
  /** Images that pass at a time, at most; absent or 0 = all. */
  microBatch?: number;
  steps: number;
  seed: number;
  /** Initial values by checkpoint name; those not given start as the method says. */
  initial?: NamedTensor[];
}

/** @throws RadaptError `method.no-steps` for a method that trains nothing */
function assertStepped({ id }: MethodSpec): void {
  const { label } = adapterOf(id);
  if (steppedMethods.some((def) => def.id === id)) return;
  throw new RadaptError(`${label} takes no training steps`, {
    code: "method.no-steps",
    where: `method ${id}`,
    expected: steppedMethods.map((def) => def.id).join(", "),
    got: id,
    remedy: "It is computed at once from features: compare it in a plan (`radapt run`).",
  });
}

/**
 * Nothing is dropped at random. `loss` and `grad.<name>` are those of the mean loss alone,
 * unclipped.
 *
 * @returns `loss` [steps] before each update; `logits` and `grad.<name>` of the first step;
 *   `<name>` after the last
 * @throws RadaptError `method.no-steps`, and as `createTrainer`
 */
export async function runSteps(request: StepsRequest): Promise<NamedTensor[]> {
  assertStepped(request.method);
  const { pixels, labels, classes, lr } = request;
  const { spec, prior, labelSmoothing } = request.loss ?? { spec: { name: DEFAULT_LOSS } };
  const [count, , height] = pixels.shape;
  const trainer = await createTrainer({ ...request, loss: spec, batch: count, imageSize: height, dropout: false });
  try {
    if (request.initial) trainer.importTrainables(request.initial, { partial: true });
    const adjustment = logitAdjustment(spec, prior ?? []);
    if (adjustment) trainer.setLogitAdjustment(adjustment);
    const inputs = await trainer.encode(pixels.data, count);
    const logits = await trainer.predict(inputs, count);
    const batch = { inputs, ...targetsOf(labels, classes, request.classWeights, labelSmoothing) };
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
