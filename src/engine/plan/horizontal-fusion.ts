/**
 * Horizontal fusion: joins kernels that have the same text but different operands into one
 * dispatch. Typical pairs are the projections of q and v, their LoRA updates, and the gradients of
 * biases. Such kernels are small, and one alone leaves a large GPU partly idle. Fewer dispatches
 * also take less time to encode.
 */

import { sizeOf } from "../graph/tensor";
import { isLeaf, type Value } from "../graph/value";
import { MAX_FUSED_KERNELS } from "../ops/define";
import { type FusionGroup, inputsOf, isInlineScalar, last, membersOf, resultsOf, storageRoot } from "./fusion-groups";
import { readBy } from "./lifetimes";

/**
 * Largest number of results of a kernel that is worth fusing. A larger kernel occupies even a large
 * GPU alone.
 */
const MAX_RESULTS_TO_FUSE = 2 ** 20;

/** A text that is equal for groups whose kernels differ only in the names of their operands. */
function signatureOf(group: FusionGroup, isF16: (v: Value) => boolean): string {
  const members = membersOf(group);
  const inputs = [...new Set(inputsOf(group).map(storageRoot))];
  const nameOf = (v: Value) => {
    const inside = members.indexOf(storageRoot(v));
    if (inside >= 0) return `m${inside}`;
    return isInlineScalar(v) ? v.data!.data[0] : `i${inputs.indexOf(storageRoot(v))}`;
  };
  const parts = [
    members.map(({ op, attrs, shape, inputs: read }) => [op, attrs, shape, read.map((v) => [nameOf(v), v.shape])]),
    [...inputs, ...resultsOf(group)].map((v) => [isLeaf(v), isF16(v)]),
    resultsOf(group).map(nameOf),
  ];
  // JSON writes every infinite number as null, so numbers become strings.
  return JSON.stringify(parts, (_, value) => (typeof value === "number" ? String(value) : value));
}

/** What bounds horizontal fusion. */
export interface HorizontalFusionOptions {
  /** Storage buffers that a kernel may bind. */
  maxBuffers: number;
  /** Whether memory holds a value as 16-bit floats. Default: none. */
  isF16?: (v: Value) => boolean;
  /** Bytes that live at the same time, at most, when kernels run in this order. */
  peakOf: (order: readonly FusionGroup[][]) => number;
}

/**
 * Fuses kernels as long as the peak of memory does not rise.
 *
 * @param groups in order of computation
 * @returns the groups of each dispatch, in order of computation
 */
export function fuseHorizontally(groups: readonly FusionGroup[], options: HorizontalFusionOptions): FusionGroup[][] {
  const { isF16 = () => false, peakOf } = options;
  let order: FusionGroup[][] = groups.map((group) => [group]);
  const maxPeak = peakOf(order);
  const small = groups.filter((group) => sizeOf(last(group).shape) <= MAX_RESULTS_TO_FUSE);
  const signatures = new Map(small.map((group) => [group, signatureOf(group, isF16)]));
  // One fusion may bring other kernels next to each other, so this repeats until nothing changes.
  for (;;) {
    const next = fuseOnce(order, signatures, maxPeak, options);
    if (next.length === order.length) return order;
    order = next;
  }
}

/**
 * One pass over all kernels.
 *
 * @param signatures of the groups that are small enough to fuse
 * @param maxPeak bytes that may live at the same time
 */
function fuseOnce(
  before: readonly FusionGroup[][],
  signatures: ReadonlyMap<FusionGroup, string>,
  maxPeak: number,
  { maxBuffers, peakOf }: HorizontalFusionOptions,
): FusionGroup[][] {
  let order = [...before];
  /** By signature: the dispatch that earlier kernels may join. */
  const open = new Map<string, FusionGroup[]>();
  // Goes from the end to the start. The kernels that follow then already stand at their final
  // places.
  for (const fused of [...before].reverse()) {
    const signature = signatures.get(fused[0]);
    if (signature === undefined) continue;
    const others = open.get(signature);
    const orders =
      others && canShareDispatch([...fused, ...others], maxBuffers) ? fusedOrders(order, fused, others) : [];
    order = orders.find((candidate) => peakOf(candidate) <= maxPeak) ?? order;
    open.set(signature, order.find((dispatch) => dispatch.includes(fused[0]))!);
  }
  return order;
}

const buffersOf = (fused: readonly FusionGroup[]) =>
  new Set(fused.flatMap((group) => [...readBy(group), ...resultsOf(group)])).size;

/**
 * Whether each value that both groups read stands at the same input positions in both. The shared
 * text reads it in the same way then.
 */
function readSharedInputsAlike(a: FusionGroup, b: FusionGroup): boolean {
  const places = (group: FusionGroup, v: Value) =>
    readBy(group)
      .map((w) => w === v)
      .join();
  return readBy(a).every((v) => !readBy(b).includes(v) || places(a, v) === places(b, v));
}

const canShareDispatch = (fused: readonly FusionGroup[], maxBuffers: number) =>
  fused.length <= MAX_FUSED_KERNELS &&
  buffersOf(fused) <= maxBuffers &&
  fused.every((a, k) => fused.slice(k + 1).every((b) => readSharedInputsAlike(a, b)));

/**
 * The orders in which `fused` and the later `others` become one dispatch. It stands at the later
 * place where no kernel in between reads the results of `fused`. It stands at the earlier place
 * where `others` read no result from in between.
 */
function fusedOrders(
  order: readonly FusionGroup[][],
  fused: readonly FusionGroup[],
  others: readonly FusionGroup[],
): FusionGroup[][][] {
  const from = order.findIndex((dispatch) => dispatch.includes(fused[0]));
  const to = order.findIndex((dispatch) => dispatch.includes(others[0]));
  const between = order.slice(from + 1, to).flat();
  const reads = (readers: readonly FusionGroup[], dispatch: readonly FusionGroup[]) => {
    const results = new Set(dispatch.flatMap(resultsOf));
    return readers.some((reader) => readBy(reader).some((v) => results.has(v)));
  };
  const canWait = !reads([...between, ...others], fused);
  const canCome = !reads(others, [...fused, ...between]);
  const places = [...(canWait ? [to] : []), ...(canCome ? [from] : [])];
  return places.map((place) =>
    order.flatMap((dispatch, at) => {
      if (at === place) return [[...fused, ...others]];
      return at === from || at === to ? [] : [dispatch];
    }),
  );
}
