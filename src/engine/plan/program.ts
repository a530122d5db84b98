/**
 * Plans a graph as a list of dispatches with the places of their operands. The plan is plain data
 * and involves no device.
 */
import { assert } from "../../base/error";
import { sizeOf } from "../graph/tensor";
import { isLeaf, topological, type Value } from "../graph/value";
import { type ArenaPlan, peakBytes, planArena } from "./arena";
import { type Dispatch, lower, type Operand, type Place } from "./dispatch";
import { type FusionGroup, groupValues, storageRoot } from "./fusion-groups";
import { fuseHorizontally } from "./horizontal-fusion";
import { lifetimesOf } from "./lifetimes";
import { fuseOutputs } from "./multi-output-fusion";
import { postpone } from "./recompute";

/** The dispatches of a graph in order of computation, and where each value is. */
export interface ProgramPlan {
  dispatches: Dispatch[];
  arena: ArenaPlan;
  placeOf: (value: Value) => Place;
  leaves: Value[];
  /** Whether memory holds a value as 16-bit floats. */
  isF16: (value: Value) => boolean;
}

/** What a device allows. */
export interface PlanLimits {
  /** Storage buffers that a kernel may bind. */
  maxBindings: number;
  /** Largest size of one arena in bytes. */
  maxArenaBytes: number;
  /**
   * Which tensors are stored as 16-bit floats (see `f16-storage.ts`). Outputs and pinned values
   * stay float32 in any case. Default: none.
   */
  storesAsF16?: (value: Value) => boolean;
}

/**
 * Plans the kernels that compute `outputs`.
 *
 * @param outputs values to compute
 * @param pinned values (not views) whose memory the caller provides
 * @param late values to compute right before their first reader (see `recompute`)
 */
export function planProgram(
  outputs: readonly Value[],
  pinned: ReadonlySet<Value>,
  limits: PlanLimits,
  late: ReadonlySet<Value> = new Set(),
): ProgramPlan {
  const order = postpone(topological(outputs), late);
  const kept = new Set([...outputs.map(storageRoot), ...pinned]);
  const groups = fuseOutputs(groupValues(order, kept, limits.maxBindings - 1), kept, limits.maxBindings);
  const isF16 = (v: Value) => !kept.has(v) && limits.storesAsF16?.(v) === true;
  const bytesOf = (v: Value) => (isF16(v) ? 2 : 4) * sizeOf(v.shape);
  const lifetimesIn = (kernels: readonly FusionGroup[][]) =>
    lifetimesOf(kernels, kept, bytesOf).filter(({ value }) => !pinned.has(value));
  const peakOf = (kernels: readonly FusionGroup[][]) => peakBytes(lifetimesIn(kernels));
  const kernels = fuseHorizontally(groups, { maxBuffers: limits.maxBindings, isF16, peakOf });
  const lifetimes = lifetimesIn(kernels);
  const arena = planArena(lifetimes, limits.maxArenaBytes);
  const slots = new Map(lifetimes.map(({ value }, i) => [value, arena.slots[i]]));
  const placeOf = (value: Value): Place => {
    const root = storageRoot(value);
    if (isLeaf(root)) return { kind: "leaf", value: root };
    if (pinned.has(root)) return { kind: "pinned", value: root };
    const slot = slots.get(root);
    assert(slot, `${root.op} has no place in memory`);
    return { kind: "arena", ...slot };
  };
  const operandOf = (value: Value): Operand => {
    const root = storageRoot(value);
    return { place: placeOf(value), bytes: bytesOf(root), f16: isF16(root) };
  };
  const dispatches = kernels.map((fused) => lower(fused, operandOf));
  return { dispatches, arena, placeOf, leaves: order.filter((v) => isLeaf(v)), isF16 };
}

/** Sizes in bytes of arenas that several plans use in turn. */
export function arenaSizes(plans: readonly ProgramPlan[]): number[] {
  const sizes: number[] = [];
  for (const plan of plans)
    for (const [i, size] of plan.arena.sizes.entries()) sizes[i] = Math.max(sizes[i] ?? 0, size);
  return sizes;
}
