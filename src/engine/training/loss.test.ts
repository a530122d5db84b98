/** Losses, targets and their gradients against PyTorch's (tools/reference/losses.py). */
import { describe, expect, test } from "vitest";
import { tinyConvNet } from "../../models/testing";
import { gradients } from "../graph/autodiff";
import { Builder } from "../graph/builder";
import { interpret } from "../graph/interpret";
import { tensor } from "../graph/tensor";
import { createCpuDevice, createTrainer, openModel, type TrainerOptions } from "../index";
import { adjustsLogits, logitAdjustment, lossRows } from "../losses";
import golden from "./fixtures/losses.json";
import { type StepLoss, stepLossSchema } from "./step-loss";
import { lossTargets, oneHot, targetsOf } from "./targets";

type Targets = ReturnType<typeof targetsOf>;

/** The loss and its gradient by the logits, on the interpreter. */
function valueAndGradient(given: number[][], { targets, weights }: Targets, { spec, prior = [] }: StepLoss) {
  const shape = [given.length, given[0].length];
  const b = new Builder();
  const inputs = {
    logits: b.input("logits", shape),
    targets: b.input("targets", shape),
    weights: b.input("weights", [shape[0]]),
    adjustment: adjustsLogits(spec) ? b.input("adjustment", [shape[1]]) : null,
  };
  const loss = b.reshape(b.sum(lossRows(b, spec, inputs), [0]), []);
  const [gradient] = gradients(b, loss, [inputs.logits]);
  const leaves = new Map([
    [inputs.logits, tensor(shape, Float32Array.from(given.flat()))],
    [inputs.targets, tensor(shape, targets)],
    [inputs.weights, tensor([shape[0]], weights)],
  ]);
  if (inputs.adjustment) leaves.set(inputs.adjustment, tensor([shape[1]], logitAdjustment(spec, prior)!));
  const [value, slope] = interpret([loss, gradient!], leaves);
  return { value: value.data[0], gradient: [...slope.data] };
}

function expectClose(got: ReturnType<typeof valueAndGradient>, want: { value: number; gradient: number[][] }): void {
  expect(Math.abs(got.value - want.value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(want.value)));
  want.gradient.flat().forEach((value, i) => {
    expect(Math.abs(got.gradient[i] - value)).toBeLessThan(1e-6);
  });
}

describe("as PyTorch, in value and gradient", () => {
  test.each(golden.plain.map((row) => ({ ...row, title: JSON.stringify([row.loss, row.classWeights]) })))(
    "$title",
    ({ loss, classWeights, logits, labels, value, gradient }) => {
      const named = stepLossSchema.parse(loss);
      const targets = targetsOf(labels, logits[0].length, classWeights ?? undefined, named.labelSmoothing);
      expectClose(valueAndGradient(logits, targets, named), { value, gradient });
    },
  );

  test.each(golden.mixed)("mixup with smoothing $labelSmoothing and weights $classWeights", (row) => {
    const { logits, labels, order, share, classWeights, labelSmoothing } = row;
    const classes = logits[0].length;
    const [own, other] = [labels, order.map((i) => labels[i])].map((list) => oneHot(list, classes));
    const shares = own.map((value, i) => share * value + (1 - share) * other[i]);
    const targets = lossTargets(shares, classWeights ?? [1, 1, 1], labelSmoothing);
    expectClose(valueAndGradient(logits, targets, stepLossSchema.parse({})), row);
  });
});

test("plain labels keep one-hot targets bit by bit, their weights sum to 1, and an image without weight has none", () => {
  const { targets, weights } = targetsOf([2, 0, 1, 2], 3, [0.3, 0, 1.7]);
  expect([...targets]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
  const total = 1.7 + 0.3 + 1.7;
  expect([...weights]).toEqual([1.7, 0.3, 0, 1.7].map((w) => Math.fround(w / total)));
  expect([...targetsOf([1], 2, [1, 0]).weights]).toEqual([0]);
});

describe("a trainer", () => {
  const optimizer = { name: "adamw", weightDecay: 0 } as const;
  const open = (id: string, more: Partial<TrainerOptions> = {}) =>
    createTrainer({
      model: openModel(tinyConvNet()),
      device: createCpuDevice(),
      method: { id, config: {} },
      classes: 2,
      batch: 2,
      optimizer,
      seed: 1,
      ...more,
    });
  const images = Float32Array.from({ length: 2 * 3 * 8 * 8 }, (_, i) => Math.sin(i));

  test("predicts without the logit adjustment that it trains with, until a reset", async () => {
    const loss = { name: "logit-adjusted", tau: 1 } as const;
    const trainer = await open("linear-probe", { loss });
    const inputs = await trainer.encode(images, 2);
    const batch = { inputs, ...targetsOf([0, 1], 2) };
    const still = { adapter: 0, head: 0 };
    trainer.setLogitAdjustment(logitAdjustment(loss, [0.9, 0.1])!);
    trainer.step(batch, still);
    // The head starts at zero: the loss is that of the priors, −½·(log 0.9 + log 0.1).
    expect((await trainer.losses())[0]).toBeCloseTo(-0.5 * Math.log(0.09), 6);
    expect([...(await trainer.predict(inputs, 2))]).toEqual([0, 0, 0, 0]);
    trainer.reset(1);
    trainer.step(batch, still);
    expect((await trainer.losses())[0]).toBeCloseTo(Math.LN2, 6);
    expect(() => trainer.setLogitAdjustment(new Float32Array(3))).toThrow(RangeError);
  });

  test("refuses an adjustment that its loss does not read", async () => {
    const trainer = await open("linear-probe", { loss: { name: "focal", gamma: 2 } });
    expect(() => trainer.setLogitAdjustment(new Float32Array(2))).toThrow(RangeError);
  });

  test("asked to cut at features only, reads features where the whole backbone is frozen and images elsewhere", async () => {
    const cutFrozen = "features";
    expect((await open("linear-probe", { cutFrozen })).cutAtFeatures).toBe(true);
    expect((await open("bitfit")).cut).toBe(true);
    const trainer = await open("bitfit", { cutFrozen });
    expect(trainer.cut).toBe(false);
    expect(trainer.inputs.map(({ shape }) => shape)).toEqual([[3, 8, 8]]);
  });
});
