/**
 * Decides which values one kernel computes: a fusion group. Most time on a GPU goes into moving
 * memory, so a kernel should keep intermediate results in registers.
 *
 * A group has an optional root, which is an operator with a kernel of its own, and an epilogue of
 * elementwise operators. The epilogue changes the root's result before the kernel writes it (bias,
 * activation and residual after a matrix product), so the root's result itself needs no memory.
 *
 * The rules, from the last value to the first:
 * - A value joins the group of its consumers when one group holds all of them and the numbers of
 *   elements are equal.
 * - A value joins a few groups when each can cheaply compute it again, such as the inside of GELU,
 *   which GELU's gradient reads too.
 * - A permutation (attention heads split or merged) only changes the place where the kernel writes.
 * - A view makes no kernel, because it shares the memory of its input.
 */

import { sameShape, sizeOf } from "../graph/tensor";
import { consumersOf, isLeaf, type Value } from "../graph/value";
import { opDef } from "../ops";
import { accessesOf, type Read } from "./access";

/** The values that one kernel computes. */
export interface FusionGroup {
  /** The operator with a kernel of its own, or null where there is none. */
  root: Value | null;
  /**
   * Elementwise operators and permutations, in order of computation. The last one is the result. If
   * the epilogue is empty, the root is the result.
   */
  epilogue: Value[];
  /**
   * Values that the kernel writes to memory beside the result, in order (see
   * `multi-output-fusion.ts`).
   */
  extraOutputs: Value[];
}

/** Whether an operator only moves elements and keeps four neighbours of a row together. */
export function isPermutation({ op, inputs, attrs, shape }: Value): boolean {
  const strides = opDef(op).permutation?.(attrs, shape);
  return strides !== undefined && strides.at(-1) === 1 && inputs[0].shape.at(-1)! % 4 === 0;
}

/** For each member of an epilogue, the number of permutations before it. */
export function permutationsBefore(epilogue: readonly Value[]): number[] {
  let permutations = 0;
  return epilogue.map((member) => (isPermutation(member) ? permutations++ : permutations));
}

/** The value that owns the memory of `v`. A view shares the memory of its input. */
export function storageRoot(v: Value): Value {
  let at = v;
  while (at.inputs.length > 0 && opDef(at.op).kind === "view") at = at.inputs[0];
  return at;
}

/**
 * Whether a value is a constant with one element. The shader's text contains its number, so no
 * buffer is bound.
 */
export const isInlineScalar = (v: Value) => v.op === "Constant" && sizeOf(v.shape) === 1;

const fusionKind = (v: Value) => (isLeaf(v) ? "leaf" : opDef(v.op).kind);

/** The operators of a group in order of computation. */
export const membersOf = ({ root, epilogue }: FusionGroup): Value[] => (root ? [root, ...epilogue] : epilogue);

/** The group's result: the last value that the kernel computes. */
export const last = ({ root, epilogue }: FusionGroup): Value => epilogue[epilogue.length - 1] ?? root!;

/** The values that the kernel writes to memory. The group's result comes last. */
export const resultsOf = (group: FusionGroup): Value[] => [...group.extraOutputs, last(group)];

/** Whether two members read the same elements, so that one read serves both. */
export const sameRead = (a: Read, b: Read) =>
  a.value === b.value &&
  a.permutation === b.permutation &&
  (sameShape(a.shape, b.shape) || sizeOf(a.value.shape) === sizeOf(a.shape));

/**
 * Distinct reads of the epilogue, without inlined scalars. All members have the same number of
 * elements, but their shapes may differ because views may lie between them.
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

/** The values that the kernel reads: the root's inputs by position, then those of the epilogue. */
export const inputsOf = (group: FusionGroup): Value[] => [
  ...(group.root?.inputs ?? []),
  ...epilogueReads(group).map(({ value }) => value),
];

/**
 * Assigns every computed value to one or more groups.
 *
 * @param order values in topological order
 * @param kept values that must be in memory, such as outputs
 * @param maxInputs storage buffers that a kernel may read
 * @returns the groups in the order of their results
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
    const fits = joined.every((g) => g && new Set(inputsOf(g)).size <= maxInputs && canContinueRoot(g));
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

/** Number of kernels that may compute the same value. */
const MAX_COPIES = 3;

/**
 * Whether computing a value in each of its groups reads no more memory than keeping it. That is so
 * when it reads one computed tensor, apart from leaves.
 */
const isRepeatable = (v: Value, hosts: readonly FusionGroup[]) =>
  fusionKind(v) === "elementwise" &&
  hosts.length <= MAX_COPIES &&
  new Set(v.inputs.filter((input) => !isLeaf(storageRoot(input)))).size === 1;

/** All operators that read `v`, directly or through a view. */
const readersOf = (v: Value, consumers: ReadonlyMap<Value, Value[]>): Value[] =>
  consumers.get(v)!.flatMap((c) => (fusionKind(c) === "view" ? readersOf(c, consumers) : [c]));

/**
 * The groups whose epilogues hold all readers. Returns none where a root reads the value, because a
 * root's kernel reads its inputs from memory.
 */
function hostsOf(readers: readonly Value[], groupsOf: ReadonlyMap<Value, readonly FusionGroup[]>): FusionGroup[] {
  const hosts = [...new Set(readers.flatMap((reader) => groupsOf.get(reader)!))];
  return hosts.some(({ root }) => root && readers.includes(root)) ? [] : hosts;
}

/**
 * The host with one more member in front. Returns null where the numbers of elements differ, where
 * a reader follows a permutation, or where the host already has a root and the new member cannot
 * stand behind it.
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
 * Whether the epilogue can continue the root's kernel. A kernel binds each tensor once, either as
 * single elements or as quads, so root and epilogue must not read the same tensor.
 */
export function canContinueRoot(group: FusionGroup): boolean {
  const { root } = group;
  if (!root) return true;
  const reads = epilogueReads(group);
  const roots = [...new Set(root.inputs.map(storageRoot)), ...reads.map(({ value }) => storageRoot(value))];
  if (new Set(roots).size < roots.length) return false;
  return accessesOf(reads, writesQuads(root)) !== null;
}

/**
 * Caches by value: writing a kernel's text takes long, and `canContinueRoot` asks once for each
 * member of an epilogue.
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
