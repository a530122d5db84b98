/** Finds from which kernel to which kernel each value occupies memory. */
import type { Value } from "../graph/value";
import type { Lifetime } from "./arena";
import { type FusionGroup, inputsOf, resultsOf, storageRoot } from "./fusion-groups";

/** Caches by group, because listing the reads of an epilogue takes long. */
const inputRootsCache = new WeakMap<FusionGroup, Value[]>();

/** The values whose memory a group reads, by position among its inputs. */
export function readBy(group: FusionGroup): Value[] {
  const read = inputRootsCache.get(group) ?? inputsOf(group).map(storageRoot);
  inputRootsCache.set(group, read);
  return read;
}

/**
 * Finds the lifetime of every value that a kernel writes.
 *
 * @param kernels the fusion groups of each kernel, in order of computation
 * @param kept values whose memory stays occupied after the last kernel
 */
export function lifetimesOf(
  kernels: readonly FusionGroup[][],
  kept: ReadonlySet<Value>,
  bytesOf: (v: Value) => number,
): (Lifetime & { value: Value })[] {
  // Plain loops, because horizontal fusion compares many orders and this runs for each of them.
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
