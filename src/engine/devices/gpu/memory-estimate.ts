/** What training a graph will take on the device, by the same plans that training then follows. */

import { flopsOf } from "../../graph/cost";
import { topological } from "../../graph/value";
import { type DeviceExcess, withFrozen } from "../../memory";
import { arenaSizes, type ProgramPlan } from "../../plan/program";
import type { Device, TrainingProgramOptions } from "../../training/device";
import type { TrainingGraph } from "../../training/graph";
import type { GpuContext } from "./context";
import { planStep } from "./training-program";

export function estimate(
  context: GpuContext,
  graph: TrainingGraph,
  options: TrainingProgramOptions,
): ReturnType<Device["estimate"]> {
  const { plan, use, frozen, layout } = planStep(context, graph, options);
  const step = [plan.training, plan.inference];
  const encoding = frozen ? [frozen.plan] : [];
  return {
    ...withFrozen(use, frozen?.use),
    recomputed: plan.recomputed.flops / flopsOf(topological([graph.loss, ...graph.gradients])),
    excess: excessOf(context, [
      ...[...step, ...encoding].flatMap(operandSizes),
      ...[...arenaSizes(step), ...arenaSizes(encoding)].map((bytes) => buffer("intermediate results", bytes)),
      buffer("trainables", layout.bytes),
    ]),
  };
}

interface LimitedSize {
  what: string;
  bytes: number;
  limit: "maxBufferSize" | "maxStorageBufferBindingSize";
}

const buffer = (what: string, bytes: number): LimitedSize => ({ what, bytes, limit: "maxBufferSize" });

const operandSizes = ({ dispatches }: ProgramPlan): LimitedSize[] =>
  dispatches.flatMap(({ label, operands }) =>
    operands.map(({ bytes }): LimitedSize => ({ what: label, bytes, limit: "maxStorageBufferBindingSize" })),
  );

/** What exceeds its limit by most. */
function excessOf({ device: { limits } }: GpuContext, needs: readonly LimitedSize[]): DeviceExcess | null {
  const beyond = needs
    .map(({ what, bytes, limit }) => ({ what, bytes, limit: limits[limit] }))
    .filter(({ bytes, limit }) => bytes > limit);
  return beyond.reduce<DeviceExcess | null>((worst, e) => (worst && worst.bytes >= e.bytes ? worst : e), null);
}
