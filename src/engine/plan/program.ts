/** A graph as a list of kernels and the places of their operands: plain data, before any device is involved. */
import { assert } from "../../base/error";
import { topological, type Value } from "../ir/value";
import { opDef } from "../ops";
import type { KernelCode } from "../ops/define";
import { sizeOf } from "../tensor";
import { type ArenaPlan, planArena } from "./arena";
import { chainWrite, elementwiseKernel } from "./elementwise";
import { type Group, groupValues, inputsOf, isLeaf, last, membersOf, resultsOf, storageRoot } from "./groups";
import { halfType, narrowed, widened } from "./halves";
import { postpone } from "./recompute";
import { joinResults } from "./results";

/** Where a value's numbers are: a leaf (weights, inputs, trainables), a pinned place, or a slot of an arena. */
export type Place =
  | { kind: "leaf"; value: Value }
  | { kind: "pinned"; value: Value }
  | { kind: "arena"; arena: number; offset: number };

export type Access = "read" | "read_write";

export interface Operand {
  place: Place;
  bytes: number;
  /** Stored as 16-bit floats. */
  half: boolean;
}

/** A shader and the workgroups to start. */
export interface Kernel {
  /** The device feature that the code needs. */
  needs?: GPUFeatureName;
  code: string;
  grid: readonly [number, number, number];
}

export interface Dispatch extends Kernel {
  /** For people: operators, shape and scope. */
  label: string;
  /** Distinct operands in binding order; the last ones are written. */
  operands: Operand[];
  /** How many are written. */
  results: number;
  /** Other kernels for the same operands and bits (see `KernelChoice`). */
  choice?: { class: string; others: Readonly<Record<string, () => Kernel>> };
  /** Floating-point operations of its products and convolutions (see `OpDef.flops`). */
  flops: number;
}

/** Operations that take about as long as moving a byte does. */
const FLOPS_PER_BYTE = 8;

/** Operations and bytes moved, as one measure of how long a dispatch takes. */
export const costOf = ({ flops, operands }: Dispatch): number =>
  operands.reduce((sum, { bytes }) => sum + FLOPS_PER_BYTE * bytes, flops);

export interface ProgramPlan {
  dispatches: Dispatch[];
  arena: ArenaPlan;
  placeOf: (value: Value) => Place;
  leaves: Value[];
  /** Whether a leaf is stored as 16-bit floats. */
  isHalf: (value: Value) => boolean;
}

export interface PlanLimits {
  /** Storage buffers that a kernel may bind. */
  maxBindings: number;
  /** Bytes of one arena. */
  maxArenaBytes: number;
  /** Which tensors are stored in half precision (`halves.ts`), views and outputs apart. Default: none. */
  halves?: (value: Value) => boolean;
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
  const groups = joinResults(groupValues(order, kept, limits.maxBindings - 1), kept, limits.maxBindings);
  const made = new Map(groups.flatMap((g, i) => resultsOf(g).map((v) => [v, i])));
  const lastUse = new Map<Value, number>();
  groups.forEach((g, i) => {
    for (const input of inputsOf(g)) lastUse.set(storageRoot(input), i);
  });
  for (const v of kept) lastUse.set(v, Number.POSITIVE_INFINITY);
  const isHalf = (v: Value) => !kept.has(v) && limits.halves?.(v) === true;
  const bytesOf = (v: Value) => (isHalf(v) ? 2 : 4) * sizeOf(v.shape);
  const inArena = groups.flatMap(resultsOf).filter((v) => !pinned.has(v));
  const arena = planArena(
    inArena.map((v) => ({ bytes: bytesOf(v), from: made.get(v)!, to: lastUse.get(v) ?? made.get(v)! })),
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
  const operandOf = (value: Value): Operand => {
    const root = storageRoot(value);
    return { place: placeOf(value), bytes: bytesOf(root), half: isHalf(root) };
  };
  const dispatches = groups.map((g) => lower(g, operandOf));
  return { dispatches, arena, placeOf, leaves: order.filter((v) => isLeaf(v)), isHalf };
}

function lower(group: Group, operandOf: (v: Value) => Operand): Dispatch {
  const y = last(group);
  const { head, chain } = group;
  const operands: Operand[] = [];
  const variables = inputsOf(group).map((v) => {
    const operand = operandOf(v);
    const at = operands.findIndex((o) => samePlace(o.place, operand.place));
    return at < 0 ? operands.push(operand) - 1 : at;
  });
  const names = variables.map((k) => `a${k}`);
  const own = head?.inputs.length ?? 0;
  const source = head
    ? opDef(head.op).kernel!({ ...head, names: names.slice(0, own) })
    : elementwiseKernel(group, names);
  const type = source.types[source.types.length - 1];
  const rest = head && chain.length > 0 ? chainWrite(group, names.slice(own), type) : null;
  const read = [...source.types.slice(0, -1), ...(rest?.types ?? [])];
  const types: ("f32" | "vec4f")[] = [];
  variables.forEach((k, i) => {
    assert(types[k] === undefined || types[k] === read[i], `${y.op} reads one tensor in two ways`);
    types[k] = read[i];
  });
  const results = resultsOf(group).map(operandOf);
  const stored = ({ half }: Operand, of: "f32" | "vec4f") => (half ? halfType(of) : of);
  const bindings = operands.map((o, k) => `var<storage, ${accessOf(o.place)}> a${k}: array<${stored(o, types[k])}>;`);
  bindings.push(...results.map((o, k) => `var<storage, read_write> y${k}: array<${stored(o, type)}>;`));
  const puts = results.map(
    ({ half }, k) => `fn put${k}(i: u32, value: ${type}) { y${k}[i] = ${half ? narrowed("value", type) : "value"}; }\n`,
  );
  const write = `${puts.join("")}${rest?.write ?? `fn write(i: u32, value: ${type}) { put0(i, value); }`}`;
  const halves = operands.flatMap(({ half }, k) => (half ? [k] : []));
  const usesHalves = halves.length > 0 || results.some(({ half }) => half);
  const kernelOf = (code: KernelCode): Kernel => {
    const text = shaderText(write, code);
    const main = halves.reduce((wide, k) => widened(wide, `a${k}`, types[k]), text);
    return {
      ...(code.needs && { needs: code.needs }),
      code: headText(bindings, code, usesHalves) + main,
      grid: code.grid,
    };
  };
  const { choice } = source;
  const members = membersOf(group);
  return {
    ...kernelOf(source),
    label: `${members.map((m) => m.op).join("+")} [${y.shape.join("×")}] ${y.scope}`.trimEnd(),
    operands: [...operands, ...results],
    results: results.length,
    choice: choice && {
      class: usesHalves ? `${choice.class} f16` : choice.class,
      others: Object.fromEntries(
        Object.entries(choice.others).map(([name, make]) => [name, () => kernelOf(make())] as const),
      ),
    },
    flops: members.reduce((sum, { op, inputs, attrs, shape }) => {
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
const accessOf = (place: Place): Access => (place.kind === "leaf" ? "read" : "read_write");

/** How each operand is bound. */
export const accessesOf = ({ operands, results }: Dispatch): Access[] =>
  operands.map((o, k) => (k < operands.length - results ? accessOf(o.place) : "read_write"));

function headText(bindings: readonly string[], { needs }: KernelCode, usesHalves: boolean): string {
  const enable = usesHalves ? "enable f16;\n" : "";
  // Quads stay together, which the check of uniform control flow cannot see.
  const quads = needs ? `enable ${needs};\ndiagnostic(off, subgroup_uniformity);\n` : "";
  return `${enable}${quads}${bindings.map((binding, k) => `@group(0) @binding(${k}) ${binding}\n`).join("")}`;
}

function shaderText(write: string, source: KernelCode): string {
  return `${write}
${source.declarations ?? ""}
@compute @workgroup_size(${source.workgroup.join(", ")})
fn main(@builtin(global_invocation_id) gid: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(workgroup_id) wid: vec3u) {
  ${source.body}
}
`;
}
