/**
 * Kernels of one text on different operands (q and v, LoRA's updates of both, and their gradients;
 * gradients of biases) become one dispatch, unless they are large: half as many to encode, and
 * twice the work for a device that one of them leaves idle.
 */

import { sizeOf } from "../graph/tensor";
import { isLeaf, type Value } from "../graph/value";
import { MAX_FUSED_KERNELS } from "../ops/define";
import { type FusionGroup, inputsOf, isInlineScalar, last, membersOf, resultsOf, storageRoot } from "./fusion-groups";
import { readBy } from "./lifetimes";

/** Results up to which a kernel may leave a large device idle. */
const FEW_RESULTS = 2 ** 20;

/** Equal for groups whose kernels have the same text but for the names of their operands. */
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
  // JSON has no infinite numbers.
  return JSON.stringify(parts, (_, value) => (typeof value === "number" ? String(value) : value));
}

export interface HorizontalFusionOptions {
  /** Storage buffers that a kernel may bind. */
  maxBuffers: number;
  isF16?: (v: Value) => boolean;
  /** Bytes of what lives at once, at most, in an order. */
  peakOf: (order: readonly FusionGroup[][]) => number;
}

/**
 * @param groups in order
 * @returns the groups of each dispatch, in order
 */
export function fuseHorizontally(groups: readonly FusionGroup[], options: HorizontalFusionOptions): FusionGroup[][] {
  const { isF16 = () => false, peakOf } = options;
  let order: FusionGroup[][] = groups.map((group) => [group]);
  const most = peakOf(order);
  const small = groups.filter((group) => sizeOf(last(group).shape) <= FEW_RESULTS);
  const signatures = new Map(small.map((group) => [group, signatureOf(group, isF16)]));
  // Twins may be what kept others apart.
  for (;;) {
    const next = fuseOnce(order, signatures, most, options);
    if (next.length === order.length) return order;
    order = next;
  }
}

/**
 * @param signatures of the groups that may be fused
 * @param most bytes that may be live at the same time
 */
function fuseOnce(
  before: readonly FusionGroup[][],
  signatures: ReadonlyMap<FusionGroup, string>,
  most: number,
  { maxBuffers, peakOf }: HorizontalFusionOptions,
): FusionGroup[][] {
  let order = [...before];
  /** By signature: the dispatch that the next ones may join. */
  const open = new Map<string, FusionGroup[]>();
  // From the end: what follows a kernel is out of its way when its own turn comes.
  for (const fused of [...before].reverse()) {
    const signature = signatures.get(fused[0]);
    if (signature === undefined) continue;
    const others = open.get(signature);
    const ways = others && canShareDispatch([...fused, ...others], maxBuffers) ? waysOf(order, fused, others) : [];
    order = ways.find((way) => peakOf(way) <= most) ?? order;
    open.set(signature, order.find((made) => made.includes(fused[0]))!);
  }
  return order;
}

const buffersOf = (fused: readonly FusionGroup[]) =>
  new Set(fused.flatMap((group) => [...readBy(group), ...resultsOf(group)])).size;

/** Whether what both read is the same operand of both, and so is read in the same way. */
function agree(a: FusionGroup, b: FusionGroup): boolean {
  const places = (group: FusionGroup, v: Value) =>
    readBy(group)
      .map((w) => w === v)
      .join();
  return readBy(a).every((v) => !readBy(b).includes(v) || places(a, v) === places(b, v));
}

const canShareDispatch = (fused: readonly FusionGroup[], maxBuffers: number) =>
  fused.length <= MAX_FUSED_KERNELS &&
  buffersOf(fused) <= maxBuffers &&
  fused.every((a, k) => fused.slice(k + 1).every((b) => agree(a, b)));

/**
 * The orders in which these groups and the later ones are one dispatch: at the place of the later
 * ones, or of these, as far as the kernels between them allow it.
 */
function waysOf(
  order: readonly FusionGroup[][],
  fused: readonly FusionGroup[],
  others: readonly FusionGroup[],
): FusionGroup[][][] {
  const from = order.findIndex((made) => made.includes(fused[0]));
  const to = order.findIndex((made) => made.includes(others[0]));
  const between = order.slice(from + 1, to).flat();
  const reads = (readers: readonly FusionGroup[], made: readonly FusionGroup[]) => {
    const results = new Set(made.flatMap(resultsOf));
    return readers.some((reader) => readBy(reader).some((v) => results.has(v)));
  };
  const canWait = !reads([...between, ...others], fused);
  const canCome = !reads(others, [...fused, ...between]);
  const places = [...(canWait ? [to] : []), ...(canCome ? [from] : [])];
  return places.map((place) =>
    order.flatMap((made, at) => {
      if (at === place) return [[...fused, ...others]];
      return at === from || at === to ? [] : [made];
    }),
  );
}
