/**
 * Compares the steps of one method on a device with PyTorch's: losses, logits, gradients of the
 * first step, and trainables after the last step.
 */
import { messageOf } from "../../base/error";
import { methodFromPeftConfig } from "../adapters";
import { openModel } from "../backbone/open";
import { runSteps } from "../training/reference-steps";
import { stepLossSchema } from "../training/step-loss";
import type { EngineDevice, NamedTensor } from "../types";
import { judge, type SelfTestRow } from "./row";
import { comparePair, STEP_TOLERANCE } from "./step-comparison";
import type { ReferenceCase } from "./stored-cases";

interface Part {
  what: SelfTestRow["what"];
  title: string;
  owns: (name: string) => boolean;
}

const isGradient = (name: string) => name.startsWith("grad.");

const expectedParts = (steps: number): Part[] => [
  { what: "method", title: "logits before training", owns: (name) => name === "logits" },
  { what: "gradient", title: "gradients of step 1", owns: isGradient },
  { what: "method", title: `losses of ${steps} steps`, owns: (name) => name === "loss" },
  {
    what: "method",
    title: `trained values after ${steps} steps`,
    owns: (name) => name !== "logits" && name !== "loss" && !isGradient(name),
  },
];

/** Repeats the steps of a case on a device. */
export function repeatSteps(device: EngineDevice, c: ReferenceCase): Promise<NamedTensor[]> {
  const { steps, classes, classWeights, microBatch, headL2, clipNorm } = c.args;
  const { lr, ...optimizer } = c.args.optimizer;
  return runSteps({
    model: openModel(c.model, { imageSize: c.pixels.shape[2] }),
    device,
    method: methodFromPeftConfig(c.method),
    pixels: c.pixels,
    labels: c.labels,
    classes,
    classWeights: classWeights ?? undefined,
    loss: stepLossSchema.parse(c.args.loss ?? {}),
    optimizer: { ...optimizer, headL2, clipNorm },
    lr,
    microBatch,
    steps,
    seed: 0,
    initial: c.initial,
  });
}

/**
 * Checks the steps of a case.
 *
 * @returns one row per part, or one row "error" where the steps could not run
 */
export async function checkMethod(device: EngineDevice, c: ReferenceCase): Promise<SelfTestRow[]> {
  const began = performance.now();
  const common = { name: methodFromPeftConfig(c.method).id, tolerance: STEP_TOLERANCE };
  try {
    const got = new Map((await repeatSteps(device, c)).map((t) => [t.name, t]));
    const parts = expectedParts(c.args.steps);
    const judged = parts.map(({ owns }) => {
      const pairs = c.expected
        .filter((want) => owns(want.name))
        .map((want) => comparePair(c, want, got.get(want.name)));
      return judge(pairs, STEP_TOLERANCE);
    });
    const ms = (performance.now() - began) / parts.length;
    return parts.map(({ what, title }, i) => ({ what, ...common, case: `${c.name}: ${title}`, ms, ...judged[i] }));
  } catch (error) {
    const ms = performance.now() - began;
    const message = messageOf(error);
    return [{ what: "method", ...common, case: c.name, error: null, verdict: "error", message, ms }];
  }
}
