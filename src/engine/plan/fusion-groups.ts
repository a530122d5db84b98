/**
 * Which values become one kernel. Chains of elementwise operators over as many elements are one kernel: a value joins its
 * consumers' kernel when they are all in it, or those of a few when it is cheap to compute again (the inside of GELU, which its
 * gradient reads too). A chain also joins the kernel whose result it changes (bias, activation and residual
 * behind a product), which then is not written to memory. What only moves elements (heads split and merged) becomes the place
 * where the kernel writes. Views make no kernel: they share their input's memory.
 */

import { sameShape, sizeOf } from "../graph/tensor";
import { consumersOf, type Value } from "../graph/value";
import { opDef } from "../ops";
import { accessesOf } from "./access";

export interface Group {
  /** The operator with a kernel of its own, if there is one. */
  head: Value | null;
  /** Elementwise operators, and such as only move elements, in order; the last one, or else the head, is the result. */
  chain: Value[];
  /** What else is written to memory, in order, beside the result (`results.ts`). */
  also: Value[];
}

/** Whether it only moves elements, and keeps each row's quads together. */
export function isMove({ op, inputs, attrs, shape }: Value): boolean {
  const strides = opDef(op).moves?.(attrs, shape);
  return strides !== undefined && strides.at(-1) === 1 && inputs[0].shape.at(-1)! % 4 === 0;
}

/** By member of a chain: how many moves come before it. */
export function stagesOf(chain: readonly Value[]): number[] {
  let moves = 0;
  return chain.map((member) => (isMove(member) ? moves++ : moves));
}

/** The value whose memory holds this one's numbers: views follow their input. */
export function storageRoot(v: Value): Value {
  let at = v;
  while (at.inputs.length > 0 && opDef(at.op).kind === "view") at = at.inputs[0];
  return at;
}

export const isLeaf = (v: Value) => v.inputs.length === 0;

/** A constant of one element: written into the shader's text. */
export const isInlineScalar = (v: Value) => v.op === "Constant" && sizeOf(v.shape) === 1;

const kindOf = (v: Value) => (isLeaf(v) ? "leaf" : opDef(v.op).kind);

/** The operators of a group in order. */
export const membersOf = ({ head, chain }: Group): Value[] => (head ? [head, ...chain] : chain);

export const last = ({ head, chain }: Group): Value => chain[chain.length - 1] ?? head!;

/** What is written to memory. */
export const resultsOf = (group: Group): Value[] => [...group.also, last(group)];

/** A value that a chain reads from memory, broadcast to the shape of the member that reads it. */
export interface Read {
  value: Value;
  shape: readonly number[];
  /** Moves before that member. */
  stage: number;
}

/** One reading serves all members that would read the same elements. */
export const sameRead = (a: Read, b: Read) =>
  a.value === b.value &&
  a.stage === b.stage &&
  (sameShape(a.shape, b.shape) || sizeOf(a.value.shape) === sizeOf(a.shape));

/** Distinct readings of the chain, without inlined scalars. Members are of one size, though views may lie between their shapes. */
export function chainReads(group: Group): Read[] {
  const { chain } = group;
  const inside = new Set(membersOf(group));
  const reads: Read[] = [];
  const stages = stagesOf(chain);
  for (const [k, member] of chain.entries())
    for (const value of member.inputs) {
      if (inside.has(storageRoot(value)) || isInlineScalar(value)) continue;
      const read = { value, shape: isMove(member) ? value.shape : member.shape, stage: stages[k] };
      if (!reads.some((known) => sameRead(known, read))) reads.push(read);
    }
  return reads;
}

/** What the kernel reads: the head's inputs by position, then the chain's. */
export const inputsOf = (group: Group): Value[] => [
  ...(group.head?.inputs ?? []),
  ...chainReads(group).map(({ value }) => value),
];

/**
 * @param order values, inputs first
 * @param kept values that must be in memory: outputs
 * @param mostInputs storage buffers that a kernel may read
 */
export function groupValues(order: readonly Value[], kept: ReadonlySet<Value>, mostInputs: number): Group[] {
  const consumers = consumersOf(order);
  const groupsOf = new Map<Value, Group[]>();
  const groups: Group[] = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const v = order[i];
    const kind = kindOf(v);
    if (kind === "leaf" || kind === "view") continue;
    const joins = kind === "elementwise" || isMove(v);
    const alone: Group = joins ? { head: null, chain: [v], also: [] } : { head: v, chain: [], also: [] };
    const readers = kept.has(v) ? [] : readersOf(v, consumers);
    const hosts = hostsOf(readers, groupsOf);
    const joined = hosts.map((host) => join(host, alone, readers));
    const fits = joined.every((g) => g && new Set(inputsOf(g)).size <= mostInputs && isSound(g));
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
    const { head, chain } = group;
    if (!head && chain.length === 1 && isMove(chain[0])) Object.assign(group, { head: chain[0], chain: [] });
  }
  return groups.sort((a, b) => position.get(last(a))! - position.get(last(b))!);
}

/** Kernels that may compute the same value. */
const MOST_COPIES = 3;

/** Whether computing it several times needs no more in memory than keeping it: one tensor is read, beside leaves. */
const isRepeatable = (v: Value, hosts: readonly Group[]) =>
  kindOf(v) === "elementwise" &&
  hosts.length <= MOST_COPIES &&
  new Set(v.inputs.filter((input) => !isLeaf(storageRoot(input)))).size === 1;

/** All that reads `v`, directly or as a view of it. */
const readersOf = (v: Value, consumers: ReadonlyMap<Value, Value[]>): Value[] =>
  consumers.get(v)!.flatMap((c) => (kindOf(c) === "view" ? readersOf(c, consumers) : [c]));

/** The groups whose chains hold all readers; none where something else reads. */
function hostsOf(readers: readonly Value[], groupsOf: ReadonlyMap<Value, readonly Group[]>): Group[] {
  const hosts = [...new Set(readers.flatMap((reader) => groupsOf.get(reader)!))];
  return hosts.some(({ head }) => head && readers.includes(head)) ? [] : hosts;
}

/** The host with one more member in front, where sizes allow and nothing that reads it stands behind a move. */
function join(host: Group, { head, chain: [v] }: Group, readers: readonly Value[]): Group | null {
  const added = head ?? v;
  if (sizeOf(added.shape) !== sizeOf(last(host).shape)) return null;
  const stages = stagesOf(host.chain);
  if (host.chain.some((member, k) => stages[k] > 0 && readers.includes(member))) return null;
  if (host.head && (head || isMove(v))) return null;
  return head ? { ...host, head } : { ...host, chain: [v, ...host.chain] };
}

/** Whether the head's kernel can go on with the chain: each tensor is bound once, as numbers or as quads. */
export function isSound(group: Group): boolean {
  const { head } = group;
  if (!head) return true;
  const reads = chainReads(group);
  const roots = [...new Set(head.inputs.map(storageRoot)), ...reads.map(({ value }) => storageRoot(value))];
  if (new Set(roots).size < roots.length) return false;
  return accessesOf(reads, writesQuads(head)) !== null;
}

/** By operator's result: a kernel's text is long to write, and each member of a chain asks. */
const quadsOf = new WeakMap<Value, boolean>();

function writesQuads(head: Value): boolean {
  const known = quadsOf.get(head);
  if (known !== undefined) return known;
  const names = head.inputs.map((_, k) => `a${k}`);
  const isWide = opDef(head.op).kernel!({ ...head, names }).types.at(-1) === "vec4f";
  quadsOf.set(head, isWide);
  return isWide;
}
