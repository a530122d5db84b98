/** From which kernel to which each value is in memory. */
import type { Value } from "../graph/value";
import type { Lifetime } from "./arena";
import { type FusionGroup, inputsOf, resultsOf, storageRoot } from "./fusion-groups";

/** By group: to list what one reads takes long. */
const known = new WeakMap<FusionGroup, Value[]>();

/** The values whose memory a group reads, by position among its inputs. */
export function readBy(group: FusionGroup): Value[] {
  const read = known.get(group) ?? inputsOf(group).map(storageRoot);
  known.set(group, read);
  return read;
}

/**
 * @param kernels the groups of each, in order
 * @param kept values that live on
 */
export function lifetimesOf(
  kernels: readonly FusionGroup[][],
  kept: ReadonlySet<Value>,
  bytesOf: (v: Value) => number,
): (Lifetime & { value: Value })[] {
  // Loops: many orders are compared.
  const lastUse = new Map<Value, number>();
  for (const [at, fused] of kernels.entries())
    for (const group of fused) for (const v of readBy(group)) lastUse.set(v, at);
  const lifetimes: (Lifetime & { value: Value })[] = [];
  for (const [from, fused] of kernels.entries())
    for (const group of fused)
      for (const value of resultsOf(group)) {
        const to = kept.has(value) ? Number.POSITIVE_INFINITY : (lastUse.get(value) ?? from);
        lifetimes.push({ value, bytes: bytesOf(value), from, to });
      }
  return lifetimes;
}
