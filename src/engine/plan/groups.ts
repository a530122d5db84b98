/**
 * Which values become one kernel. Chains of elementwise operators over one shape are one kernel: a value joins its
 * consumers' kernel when they are all in it. Views make no kernel: they share their input's memory.
 */
import { consumersOf, type Value } from "../ir/value";
import { opDef } from "../ops";
import { sameShape, sizeOf } from "../tensor";

export interface Group {
  /** Members in order; the last one is the result, the only one written to memory. */
  members: Value[];
  /** Distinct values that the kernel reads, without inlined scalars. */
  inputs: Value[];
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

/**
 * @param order values, inputs first
 * @param kept values that must be in memory: outputs
 * @param mostInputs storage buffers that a kernel may read
 */
export function groupValues(order: readonly Value[], kept: ReadonlySet<Value>, mostInputs: number): Group[] {
  const consumers = consumersOf(order);
  const groupOf = new Map<Value, Group>();
  const groups: Group[] = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const v = order[i];
    const kind = kindOf(v);
    if (kind === "leaf" || kind === "view") continue;
    const host = kind === "elementwise" && !kept.has(v) ? commonHost(v, consumers, groupOf) : null;
    if (host && readersAfter(host, v).length <= mostInputs) {
      host.members.unshift(v);
      host.inputs = readersOf(host.members);
      groupOf.set(v, host);
    } else {
      const group: Group = { members: [v], inputs: kind === "elementwise" ? readersOf([v]) : v.inputs.slice() };
      groupOf.set(v, group);
      groups.unshift(group);
    }
  }
  const position = new Map(order.map((v, i) => [v, i]));
  return groups.sort((a, b) => position.get(last(a))! - position.get(last(b))!);
}

export const last = (group: Group): Value => group.members[group.members.length - 1];

/** The elementwise group that holds all consumers of `v` and has its shape. */
function commonHost(
  v: Value,
  consumers: ReadonlyMap<Value, Value[]>,
  groupOf: ReadonlyMap<Value, Group>,
): Group | null {
  const hosts = new Set(consumers.get(v)!.map((c) => groupOf.get(c)));
  if (hosts.size !== 1) return null;
  const [host] = hosts;
  if (!host || kindOf(last(host)) !== "elementwise") return null;
  return sameShape(last(host).shape, v.shape) ? host : null;
}

/** Values read by members and made elsewhere. */
function readersOf(members: readonly Value[]): Value[] {
  const inside = new Set(members);
  const inputs = new Set<Value>();
  for (const m of members)
    for (const input of m.inputs) if (!inside.has(input) && !isInlineScalar(input)) inputs.add(input);
  return [...inputs];
}

const readersAfter = (host: Group, v: Value) => readersOf([v, ...host.members]);
