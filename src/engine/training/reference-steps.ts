/**
 * Optimisation steps on one batch, with everything that a comparison needs: the conformance door
 * behind `radapt step`.
 */
import { RadaptError } from "../../base/error";
import { adapterOf, steppedMethods } from "../adapters";
import type { EngineDevice, LossSpec, MethodSpec, Model, NamedTensor, OptimizerSpec } from "../types";
import { adjustsLogits, logitAdjustment, targetsOf } from "./loss";
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
  optimizer: OptimizerSpec;
  lr: number;
  /** Images that pass at a time, at most; absent or 0 = all. */
  microBatch?: number;
  steps: number;
  seed: number;
  /** Initial values by checkpoint name; those not given start as the method says. */
  initial?: NamedTensor[];
}

/** A loss as files and options name it. */
export interface StepLoss {
  name: LossSpec["name"];
  /** γ of "focal"; default 2. */
  gamma?: number;
  /** Factor of the log prior of "logit-adjusted"; default 1. */
  tau?: number;
  /** [C] shares of the classes, for "logit-adjusted". */
  prior?: readonly number[];
  /** Share of each target that goes to all classes alike, from 0 to below 1; default 0. */
  labelSmoothing?: number;
}

/** The training loss that is named, focal with γ = 2 unless told. */
export const lossSpec = ({ name, gamma = 2 }: Pick<StepLoss, "name" | "gamma">): LossSpec =>
  name === "focal" ? { name, gamma } : { name };

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
  const { pixels, labels, classes, lr, loss: named = { name: "cross-entropy" } } = request;
  const [count, , height] = pixels.shape;
  const loss = lossSpec(named);
  const trainer = await createTrainer({ ...request, loss, batch: count, imageSize: height, dropout: false });
  try {
    if (request.initial) trainer.importTrainables(request.initial, { partial: true });
    if (adjustsLogits(loss)) trainer.setLogitAdjustment(logitAdjustment(named.prior ?? [], named.tau));
    const inputs = await trainer.encode(pixels.data, count);
    const logits = await trainer.predict(inputs, count);
    const batch = { inputs, ...targetsOf(labels, classes, request.classWeights, named.labelSmoothing) };
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
