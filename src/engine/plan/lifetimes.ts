/** From which kernel to which each value is in memory. */
import type { Value } from "../ir/value";
import type { Lifetime } from "./arena";
import { type Group, inputsOf, resultsOf, storageRoot } from "./groups";

/** By group, since many orders are compared. */
const known = new WeakMap<Group, Value[]>();

/** The values whose memory a group reads, by position among its inputs. */
export function readBy(group: Group): Value[] {
  const read = known.get(group) ?? inputsOf(group).map(storageRoot);
  known.set(group, read);
  return read;
}

/**
 * @param kernels the groups of each, in order
 * @param kept values that live on
 */
export function lifetimesOf(
  kernels: readonly Group[][],
  kept: ReadonlySet<Value>,
  bytesOf: (v: Value) => number,
): (Lifetime & { value: Value })[] {
  const lastUse = new Map<Value, number>();
  for (const [at, twins] of kernels.entries()) for (const v of twins.flatMap(readBy)) lastUse.set(v, at);
  const endOf = (v: Value, from: number) => (kept.has(v) ? Number.POSITIVE_INFINITY : (lastUse.get(v) ?? from));
  return kernels.flatMap((twins, from) =>
    twins.flatMap(resultsOf).map((value) => ({ value, bytes: bytesOf(value), from, to: endOf(value, from) })),
  );
}
