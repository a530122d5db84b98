/**
 * Small kernels of one text on different operands (LoRA's updates of q and v, and their gradients; gradients of biases) become one dispatch: half as
 * many to encode, and twice the work for a device that one of them leaves idle.
 */
import type { Value } from "../ir/value";
import { MOST_TWINS } from "../ops/define";
import { sizeOf } from "../tensor";
import { type Group, inputsOf, isInlineScalar, isLeaf, last, membersOf, resultsOf, storageRoot } from "./groups";

/** Results up to which a kernel is small. */
const FEW_RESULTS = 2 ** 16;

/** Which part of the largest tensor that it reads a result may be if it comes earlier, and so is kept longer. */
const LITTLE = 1 / 4;

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
  /** Values that are made again, late, so as not to be kept. */
  late?: ReadonlySet<Value>;
}

/**
 * @param groups in order
 * @returns the groups of each dispatch, in order
 */
export function pairTwins(
  groups: readonly Group[],
  { mostBuffers, isHalf = () => false, late = new Set() }: TwinOptions,
): Group[][] {
  const isSmall = (group: Group) => sizeOf(last(group).shape) <= FEW_RESULTS && !late.has(last(group));
  let order: Group[][] = groups.map((group) => [group]);
  /** By signature: the dispatch that the next twin may join. */
  const open = new Map<string, Group[]>();
  // From the end: what follows a kernel is out of its way when its own turn comes.
  for (const group of [...groups].reverse()) {
    if (!isSmall(group)) continue;
    const signature = signatureOf(group, isHalf);
    const others = open.get(signature);
    const both = others && together(order, group, others, mostBuffers);
    if (both) order = both;
    open.set(signature, order.find((twins) => twins.includes(group))!);
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

function isLittle(group: Group): boolean {
  const sizes = readBy(group).map((v) => (isLeaf(v) ? 0 : sizeOf(v.shape)));
  return sizeOf(last(group).shape) <= LITTLE * Math.max(0, ...sizes);
}

/** By group, since neighbours ask again and again. */
const known = new WeakMap<Group, Value[]>();

function readBy(group: Group): Value[] {
  const read = known.get(group) ?? inputsOf(group).map(storageRoot);
  known.set(group, read);
  return read;
}

/**
 * The order with a group and later ones as one dispatch, at the place of the first or of the others; null where they are too many or need too many buffers,
 * what lies between does not allow it, or a tensor would be kept for it.
 */
function together(
  order: readonly Group[][],
  group: Group,
  others: readonly Group[],
  mostBuffers: number,
): Group[][] | null {
  if (others.length === MOST_TWINS || buffersOf([group, ...others]) > mostBuffers) return null;
  if (!others.every((other) => agree(group, other))) return null;
  const from = order.findIndex((twins) => twins.includes(group));
  const to = order.findIndex((twins) => twins.includes(others[0]));
  const between = order.slice(from + 1, to).flat();
  const reads = (reader: Group, made: readonly Value[]) => readBy(reader).some((v) => made.includes(v));
  const own = resultsOf(group);
  const before = [group, ...between].flatMap(resultsOf);
  const read = new Set(order.slice(to).flat().flatMap(readBy));
  const canWait =
    ![...between, ...others].some((g) => reads(g, own)) && readBy(group).every((v) => isLeaf(v) || read.has(v));
  const canCome = others.every((g) => isLittle(g) && !reads(g, before));
  if (!canWait && !canCome) return null;
  return order.flatMap((twins, at) => {
    if (at === (canWait ? to : from)) return [[group, ...others]];
    return at === from || at === to ? [] : [twins];
  });
}
