/**
 * Kernels of one text on different operands (q and v, LoRA's updates of both, and their gradients; gradients of biases) become one dispatch, unless
 * they are large: half as many to encode, and twice the work for a device that one of them leaves idle.
 */

import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import { MOST_TWINS } from "../ops/define";
import { type Group, inputsOf, isInlineScalar, isLeaf, last, membersOf, resultsOf, storageRoot } from "./fusion-groups";
import { readBy } from "./lifetimes";

/** Results up to which a kernel may leave a large device idle. */
const FEW_RESULTS = 2 ** 20;

/** Equal for groups whose kernels have the same text but for the names of their operands. */
function signatureOf(group: Group, isHalf: (v: Value) => boolean): string {
  const members = membersOf(group);
  const inputs = [...new Set(inputsOf(group).map(storageRoot))];
  const nameOf = (v: Value) => {
    const inside = members.indexOf(storageRoot(v));
    if (inside >= 0) return `m${inside}`;
    return isInlineScalar(v) ? v.data!.data[0] : `i${inputs.indexOf(storageRoot(v))}`;
  };
  const parts = [
    members.map(({ op, attrs, shape, inputs: read }) => [op, attrs, shape, read.map((v) => [nameOf(v), v.shape])]),
    [...inputs, ...resultsOf(group)].map((v) => [isLeaf(v), isHalf(v)]),
    resultsOf(group).map(nameOf),
  ];
  // JSON has no infinite numbers.
  return JSON.stringify(parts, (_, value) => (typeof value === "number" ? String(value) : value));
}

export interface TwinOptions {
  /** Storage buffers that a kernel may bind. */
  mostBuffers: number;
  isHalf?: (v: Value) => boolean;
  /** Bytes of what lives at once, at most, in an order. */
  peakOf: (order: readonly Group[][]) => number;
}

/**
 * @param groups in order
 * @returns the groups of each dispatch, in order
 */
export function pairTwins(groups: readonly Group[], options: TwinOptions): Group[][] {
  const { isHalf = () => false, peakOf } = options;
  let order: Group[][] = groups.map((group) => [group]);
  const most = peakOf(order);
  const small = groups.filter((group) => sizeOf(last(group).shape) <= FEW_RESULTS);
  const signatures = new Map(small.map((group) => [group, signatureOf(group, isHalf)]));
  // Twins may be what kept others apart.
  for (;;) {
    const next = pairOnce(order, signatures, most, options);
    if (next.length === order.length) return order;
    order = next;
  }
}

/**
 * @param signatures of those that may be twins
 * @param most bytes that may live at once
 */
function pairOnce(
  before: readonly Group[][],
  signatures: ReadonlyMap<Group, string>,
  most: number,
  { mostBuffers, peakOf }: TwinOptions,
): Group[][] {
  let order = [...before];
  /** By signature: the dispatch that the next ones may join. */
  const open = new Map<string, Group[]>();
  // From the end: what follows a kernel is out of its way when its own turn comes.
  for (const twins of [...before].reverse()) {
    const signature = signatures.get(twins[0]);
    if (signature === undefined) continue;
    const others = open.get(signature);
    const ways = others && fits([...twins, ...others], mostBuffers) ? waysOf(order, twins, others) : [];
    order = ways.find((way) => peakOf(way) <= most) ?? order;
    open.set(signature, order.find((made) => made.includes(twins[0]))!);
  }
  return order;
}

const buffersOf = (twins: readonly Group[]) =>
  new Set(twins.flatMap((group) => [...readBy(group), ...resultsOf(group)])).size;

/** Whether what both read is the same operand of both, and so is read in the same way. */
function agree(a: Group, b: Group): boolean {
  const places = (group: Group, v: Value) =>
    readBy(group)
      .map((w) => w === v)
      .join();
  return readBy(a).every((v) => !readBy(b).includes(v) || places(a, v) === places(b, v));
}

const fits = (twins: readonly Group[], mostBuffers: number) =>
  twins.length <= MOST_TWINS &&
  buffersOf(twins) <= mostBuffers &&
  twins.every((a, k) => twins.slice(k + 1).every((b) => agree(a, b)));

/** The order with twins and later ones as one dispatch, at the place of these or of the first, as far as what lies between allows it. */
function waysOf(order: readonly Group[][], twins: readonly Group[], others: readonly Group[]): Group[][][] {
  const from = order.findIndex((made) => made.includes(twins[0]));
  const to = order.findIndex((made) => made.includes(others[0]));
  const between = order.slice(from + 1, to).flat();
  const reads = (readers: readonly Group[], made: readonly Group[]) => {
    const results = new Set(made.flatMap(resultsOf));
    return readers.some((reader) => readBy(reader).some((v) => results.has(v)));
  };
  const canWait = !reads([...between, ...others], twins);
  const canCome = !reads(others, [...twins, ...between]);
  const places = [...(canWait ? [to] : []), ...(canCome ? [from] : [])];
  return places.map((place) =>
    order.flatMap((made, at) => {
      if (at === place) return [[...twins, ...others]];
      return at === from || at === to ? [] : [made];
    }),
  );
}
