/** A graph as a list of kernels and the places of their operands: plain data, before any device is involved. */
import { assert } from "../../base/error";
import { topological, type Value } from "../ir/value";
import { opDef } from "../ops";
import type { KernelSource } from "../ops/define";
import { sizeOf } from "../tensor";
import { type ArenaPlan, planArena } from "./arena";
import { elementwiseKernel } from "./elementwise";
import { type Group, groupValues, isLeaf, last, storageRoot } from "./groups";
import { postpone } from "./recompute";

/** Where a value's numbers are: a leaf (weights, inputs, trainables), a pinned place, or a slot of an arena. */
export type Place =
  | { kind: "leaf"; value: Value }
  | { kind: "pinned"; value: Value }
  | { kind: "arena"; arena: number; offset: number };

export interface Operand {
  place: Place;
  bytes: number;
}

export interface Dispatch {
  /** For people: operator, shape and scope. */
  label: string;
  code: string;
  /** Distinct operands in binding order; the last one is written. */
  operands: Operand[];
  grid: readonly [number, number, number];
  /** Floating-point operations of its products and convolutions (see `OpDef.flops`). */
  flops: number;
}

export interface ProgramPlan {
  dispatches: Dispatch[];
  arena: ArenaPlan;
  placeOf: (value: Value) => Place;
  leaves: Value[];
}

export interface PlanLimits {
  /** Storage buffers that a kernel may bind. */
  maxBindings: number;
  /** Bytes of one arena. */
  maxArenaBytes: number;
}

const samePlace = (a: Place, b: Place) =>
  a.kind === "arena"
    ? b.kind === "arena" && a.arena === b.arena && a.offset === b.offset
    : b.kind === a.kind && a.value === b.value;

/**
 * @param outputs values to compute
 * @param pinned values (not views) whose memory the caller provides
 * @param late values to compute right before they are read (`recompute`)
 */
export function planProgram(
  outputs: readonly Value[],
  pinned: ReadonlySet<Value>,
  limits: PlanLimits,
  late: ReadonlySet<Value> = new Set(),
): ProgramPlan {
  const order = postpone(topological(outputs), late);
  const kept = new Set([...outputs.map(storageRoot), ...pinned]);
  const groups = groupValues(order, kept, limits.maxBindings - 1);
  const made = new Map(groups.map((g, i) => [last(g), i]));
  const lastUse = new Map<Value, number>();
  groups.forEach((g, i) => {
    for (const input of g.inputs) lastUse.set(storageRoot(input), i);
  });
  for (const v of kept) lastUse.set(v, Number.POSITIVE_INFINITY);
  const inArena = groups.map(last).filter((v) => !pinned.has(v));
  const arena = planArena(
    inArena.map((v) => ({ bytes: 4 * sizeOf(v.shape), from: made.get(v)!, to: lastUse.get(v) ?? made.get(v)! })),
    limits.maxArenaBytes,
  );
  const slots = new Map(inArena.map((v, i) => [v, arena.slots[i]]));
  const placeOf = (value: Value): Place => {
    const root = storageRoot(value);
    if (isLeaf(root)) return { kind: "leaf", value: root };
    if (pinned.has(root)) return { kind: "pinned", value: root };
    const slot = slots.get(root);
    assert(slot, `${root.op} has no place in memory`);
    return { kind: "arena", ...slot };
  };
  const dispatches = groups.map((g) => lower(g, placeOf));
  return { dispatches, arena, placeOf, leaves: order.filter((v) => isLeaf(v)) };
}

function lower(group: Group, placeOf: (v: Value) => Place): Dispatch {
  const y = last(group);
  const operands: Operand[] = [];
  const variables = group.inputs.map((v) => {
    const place = placeOf(v);
    let at = operands.findIndex((o) => samePlace(o.place, place));
    if (at < 0) at = operands.push({ place, bytes: 4 * sizeOf(v.shape) }) - 1;
    return at;
  });
  const names = variables.map((k) => `a${k}`);
  const def = opDef(y.op);
  const source =
    def.kind === "elementwise"
      ? elementwiseKernel(group, names, "y")
      : def.kernel!({ inputs: group.inputs, shape: y.shape, attrs: y.attrs, names, out: "y" });
  const types: string[] = [];
  variables.forEach((k, i) => {
    assert(types[k] === undefined || types[k] === source.types[i], `${y.op} reads one tensor in two ways`);
    types[k] = source.types[i];
  });
  types.push(source.types[source.types.length - 1]);
  const ops = group.members.map((m) => m.op).join("+");
  return {
    label: `${ops} [${y.shape.join("×")}] ${y.scope}`.trimEnd(),
    code: shaderText(
      source,
      types,
      operands.map((o) => accessOf(o.place)),
    ),
    operands: [...operands, { place: placeOf(y), bytes: 4 * sizeOf(y.shape) }],
    grid: source.grid,
    flops: group.members.reduce((sum, { op, inputs, attrs, shape }) => {
      return sum + (opDef(op).flops?.(inputs, attrs, shape) ?? 0);
    }, 0),
  };
}

/** Sizes of arenas that serve several plans in turn. */
export function arenaSizes(plans: readonly ProgramPlan[]): number[] {
  const sizes: number[] = [];
  for (const plan of plans)
    for (const [i, size] of plan.arena.sizes.entries()) sizes[i] = Math.max(sizes[i] ?? 0, size);
  return sizes;
}

/** Arenas and pinned buffers are bound for writing wherever they appear: one pass may not mix both uses of a buffer. */
export const accessOf = (place: Place): "read" | "read_write" => (place.kind === "leaf" ? "read" : "read_write");

function shaderText(source: KernelSource, types: readonly string[], access: readonly string[]): string {
  const bindings = types.map((type, k) => {
    const isOut = k === types.length - 1;
    return `@group(0) @binding(${k}) var<storage, ${isOut ? "read_write" : access[k]}> ${isOut ? "y" : `a${k}`}: array<${type}>;`;
  });
  return `${bindings.join("\n")}
${source.declarations ?? ""}
@compute @workgroup_size(${source.workgroup.join(", ")})
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(workgroup_id) wid: vec3u) {
  ${source.body}
}
`;
}
