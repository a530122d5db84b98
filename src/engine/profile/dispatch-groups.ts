/**
 * Sums timed dispatches by operator or by module. This file stands apart from the timing, because
 * the page shows groups without loading the engine.
 */
import { groupBy } from "../../base/group-by";
import type { TimedDispatch } from "../devices/gpu/timing";

/** Sums over some dispatches. */
export interface DispatchGroup {
  name: string;
  count: number;
  us: number;
  flops: number;
  bytes: number;
}

/** Times, operations and bytes together. */
export const total = (list: readonly Omit<TimedDispatch, "label">[]) =>
  list.reduce((sum, d) => ({ us: sum.us + d.us, flops: sum.flops + d.flops, bytes: sum.bytes + d.bytes }), {
    us: 0,
    flops: 0,
    bytes: 0,
  });

/** Groups dispatches by a name, the longest group first. */
export function groupDispatches(
  dispatches: readonly TimedDispatch[],
  nameOf: (d: TimedDispatch) => string,
): DispatchGroup[] {
  return Array.from(groupBy(dispatches, nameOf), ([name, list]) => ({ name, count: list.length, ...total(list) })).sort(
    (x, y) => y.us - x.us,
  );
}

/** At most so many groups. The rest become one, "7 others". */
export function longest(groups: readonly DispatchGroup[], most: number): DispatchGroup[] {
  if (groups.length <= most) return [...groups];
  const rest = groups.slice(most - 1);
  const count = rest.reduce((sum, g) => sum + g.count, 0);
  return [...groups.slice(0, most - 1), { name: `${rest.length} others`, count, ...total(rest) }];
}

/** "MatMul [394×768] blocks.3.mlp.up": the operators of the kernel. */
export const opsOf = ({ label }: TimedDispatch): string => label.split(" ")[0];

/**
 * The kernel's module. The same layers of all blocks count as one; "" for most of the backward
 * pass.
 */
export const scopeOf = ({ label }: TimedDispatch): string =>
  (/\] (.*)$/.exec(label)?.[1] ?? "").replace(/\b\d+\b/g, "*");
