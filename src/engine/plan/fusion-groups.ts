/**
 * Decides which values become one kernel, a fusion group. Elementwise operators over equally many
 * elements form one group: a value joins the group of its consumers when they are all in it. It
 * joins a few groups when it is cheap to compute again (the inside of GELU, which its gradient
 * reads too). An epilogue joins the kernel whose result it changes (bias, activation and residual
 * behind a product), and that result then needs no memory. An operator that only moves elements
 * (heads split and merged) becomes the place where the kernel writes. Views make no kernel, because
 * they share their input's memory.
 */

import { sameShape, sizeOf } from "../graph/tensor";
import { consumersOf, isLeaf, type Value } from "../graph/value";
import { opDef } from "../ops";
import { accessesOf, type Read } from "./access";

export interface FusionGroup {
  /** The operator with a kernel of its own, if there is one. */
  root: Value | null;
  /**
   * Elementwise operators and permutations, in order. The last one is the result, or the root if
   * there is none.
   */
  epilogue: Value[];
  /**
   * What else the kernel writes to memory, in order, beside the result (`multi-output-fusion.ts`).
   */
  extraOutputs: Value[];
}

/** Whether an operator only moves elements and keeps the quads of each row together. */
export function isPermutation({ op, inputs, attrs, shape }: Value): boolean {
  const strides = opDef(op).permutation?.(attrs, shape);
  return strides !== undefined && strides.at(-1) === 1 && inputs[0].shape.at(-1)! % 4 === 0;
}

/** For each member of an epilogue, the number of permutations before it. */
export function permutationsBefore(epilogue: readonly Value[]): number[] {
  let permutations = 0;
  return epilogue.map((member) => (isPermutation(member) ? permutations++ : permutations));
}

/** The value whose memory holds this one's numbers: views follow their input. */
export function storageRoot(v: Value): Value {
  let at = v;
  while (at.inputs.length > 0 && opDef(at.op).kind === "view") at = at.inputs[0];
  return at;
}

/** A constant of one element: written into the shader's text. */
export const isInlineScalar = (v: Value) => v.op === "Constant" && sizeOf(v.shape) === 1;

const fusionKind = (v: Value) => (isLeaf(v) ? "leaf" : opDef(v.op).kind);

/** The operators of a group in order. */
export const membersOf = ({ root, epilogue }: FusionGroup): Value[] => (root ? [root, ...epilogue] : epilogue);

export const last = ({ root, epilogue }: FusionGroup): Value => epilogue[epilogue.length - 1] ?? root!;

/** What is written to memory. */
export const resultsOf = (group: FusionGroup): Value[] => [...group.extraOutputs, last(group)];

/** One reading serves all members that would read the same elements. */
export const sameRead = (a: Read, b: Read) =>
  a.value === b.value &&
  a.permutation === b.permutation &&
  (sameShape(a.shape, b.shape) || sizeOf(a.value.shape) === sizeOf(a.shape));

/**
 * Distinct readings of the epilogue, without inlined scalars. Members are of one size, though views
 * may lie between their shapes.
 */
export function epilogueReads(group: FusionGroup): Read[] {
  const { epilogue } = group;
  const inside = new Set(membersOf(group));
  const reads: Read[] = [];
  const permutationCounts = permutationsBefore(epilogue);
  for (const [k, member] of epilogue.entries())
    for (const value of member.inputs) {
      if (inside.has(storageRoot(value)) || isInlineScalar(value)) continue;
      const read = {
        value,
        shape: isPermutation(member) ? value.shape : member.shape,
        permutation: permutationCounts[k],
      };
      if (!reads.some((known) => sameRead(known, read))) reads.push(read);
    }
  return reads;
}

/** What the kernel reads: the root's inputs by position, then the epilogue's. */
export const inputsOf = (group: FusionGroup): Value[] => [
  ...(group.root?.inputs ?? []),
  ...epilogueReads(group).map(({ value }) => value),
];

/**
 * @param order values, inputs first
 * @param kept values that must be in memory: outputs
 * @param maxInputs storage buffers that a kernel may read
 */
export function groupValues(order: readonly Value[], kept: ReadonlySet<Value>, maxInputs: number): FusionGroup[] {
  const consumers = consumersOf(order);
  const groupsOf = new Map<Value, FusionGroup[]>();
  const groups: FusionGroup[] = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const v = order[i];
    const kind = fusionKind(v);
    if (kind === "leaf" || kind === "view") continue;
    const joins = kind === "elementwise" || isPermutation(v);
    const alone: FusionGroup = joins
      ? { root: null, epilogue: [v], extraOutputs: [] }
      : { root: v, epilogue: [], extraOutputs: [] };
    const readers = kept.has(v) ? [] : readersOf(v, consumers);
    const hosts = hostsOf(readers, groupsOf);
    const joined = hosts.map((host) => join(host, alone, readers));
    const fits = joined.every((g) => g && new Set(inputsOf(g)).size <= maxInputs && isSound(g));
    if (fits && (hosts.length === 1 || (hosts.length > 1 && isRepeatable(v, hosts)))) {
      hosts.forEach((host, k) => void Object.assign(host, joined[k]));
      groupsOf.set(v, hosts);
    } else {
      groupsOf.set(v, [alone]);
      groups.push(alone);
    }
  }
  const position = new Map(order.map((v, i) => [v, i]));
  for (const group of groups) {
    const { root, epilogue } = group;
    if (!root && epilogue.length === 1 && isPermutation(epilogue[0]))
      Object.assign(group, { root: epilogue[0], epilogue: [] });
  }
  return groups.sort((a, b) => position.get(last(a))! - position.get(last(b))!);
}

/** Kernels that may compute the same value. */
const MAX_COPIES = 3;

/**
 * Whether computing it several times needs no more in memory than keeping it: one tensor is read,
 * beside leaves.
 */
const isRepeatable = (v: Value, hosts: readonly FusionGroup[]) =>
  fusionKind(v) === "elementwise" &&
  hosts.length <= MAX_COPIES &&
  new Set(v.inputs.filter((input) => !isLeaf(storageRoot(input)))).size === 1;

/** All that reads `v`, directly or as a view of it. */
const readersOf = (v: Value, consumers: ReadonlyMap<Value, Value[]>): Value[] =>
  consumers.get(v)!.flatMap((c) => (fusionKind(c) === "view" ? readersOf(c, consumers) : [c]));

/** The groups whose chains hold all readers; none where something else reads. */
function hostsOf(readers: readonly Value[], groupsOf: ReadonlyMap<Value, readonly FusionGroup[]>): FusionGroup[] {
  const hosts = [...new Set(readers.flatMap((reader) => groupsOf.get(reader)!))];
  return hosts.some(({ root }) => root && readers.includes(root)) ? [] : hosts;
}

/**
 * The host with one more member in front, where sizes allow and nothing that reads it stands behind
 * a move.
 */
function join(host: FusionGroup, { root, epilogue: [v] }: FusionGroup, readers: readonly Value[]): FusionGroup | null {
  const added = root ?? v;
  if (sizeOf(added.shape) !== sizeOf(last(host).shape)) return null;
  const permutationCounts = permutationsBefore(host.epilogue);
  if (host.epilogue.some((member, k) => permutationCounts[k] > 0 && readers.includes(member))) return null;
  if (host.root && (root || isPermutation(v))) return null;
  return root ? { ...host, root } : { ...host, epilogue: [v, ...host.epilogue] };
}

/**
 * Whether the root's kernel can go on with the epilogue: each tensor is bound once, as numbers or
 * as quads.
 */
export function isSound(group: FusionGroup): boolean {
  const { root } = group;
  if (!root) return true;
  const reads = epilogueReads(group);
  const roots = [...new Set(root.inputs.map(storageRoot)), ...reads.map(({ value }) => storageRoot(value))];
  if (new Set(roots).size < roots.length) return false;
  return accessesOf(reads, writesQuads(root)) !== null;
}

/**
 * Caches by value, because a kernel's text takes long to write and each member of an epilogue asks.
 */
const writesQuadsCache = new WeakMap<Value, boolean>();

function writesQuads(root: Value): boolean {
  const known = writesQuadsCache.get(root);
  if (known !== undefined) return known;
  const names = root.inputs.map((_, k) => `a${k}`);
  const isWide = opDef(root.op).kernel!({ ...root, names }).types.at(-1) === "vec4f";
  writesQuadsCache.set(root, isWide);
  return isWide;
}
