/**
 * Writes one fusion group, or several that horizontal fusion joined, as one dispatch: the kernel's
 * text, its operands and the workgroups to start. It is plain data for any adapter.
 */
import { assert } from "../../base/error";
import { flopsOf } from "../graph/cost";
import type { Value } from "../graph/value";
import { opDef } from "../ops";
import type { KernelCode, KernelSource } from "../ops/define";
import { elementwiseKernel, epilogueWrite } from "./elementwise";
import { f16Type, loadF16, storeF16 } from "./f16-storage";
import { type FusionGroup, inputsOf, last, membersOf, resultsOf } from "./fusion-groups";
import { headText, shaderText } from "./shader";

/**
 * Where a value's numbers are: a leaf (weights, inputs, trainables), a pinned place, or a slot of
 * an arena.
 */
export type Place =
  | { kind: "leaf"; value: Value }
  | { kind: "pinned"; value: Value }
  | { kind: "arena"; arena: number; offset: number };

/** How a kernel may use a storage buffer, in words of WGSL. */
export type AccessMode = "read" | "read_write";

export interface Operand {
  place: Place;
  bytes: number;
  /** Stored as 16-bit floats. */
  f16: boolean;
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
  /**
   * For fused groups: the first of them alone, which is of the same class. The tuner measures it,
   * because its shorter text compiles sooner.
   */
  alone?: () => Dispatch;
  /** Floating-point operations of its products and convolutions (see `OpDef.flops`). */
  flops: number;
}

/** Operations that take about as long as moving a byte does. */
const FLOPS_PER_BYTE = 8;

/** Operations and bytes moved, as one measure of how long a dispatch takes. */
export const costOf = ({ flops, operands }: Dispatch): number =>
  operands.reduce((sum, { bytes }) => sum + FLOPS_PER_BYTE * bytes, flops);

const samePlace = (a: Place, b: Place) =>
  a.kind === "arena"
    ? b.kind === "arena" && a.arena === b.arena && a.offset === b.offset
    : b.kind === a.kind && a.value === b.value;

/**
 * Arenas and pinned buffers are bound for writing wherever they appear: one pass may not mix both
 * uses of a buffer.
 */
const accessModeOf = (place: Place): AccessMode => (place.kind === "leaf" ? "read" : "read_write");

/** How each operand is bound. */
export const accessModesOf = ({ operands, results }: Dispatch): AccessMode[] =>
  operands.map((o, k) => (k < operands.length - results ? accessModeOf(o.place) : "read_write"));

/** What a group's part of a kernel is made of. */
interface GroupKernel {
  source: KernelSource;
  /** Functions that go on behind the root's results, and write them. */
  write: string;
  /** WGSL types of what is read, by position among the operands. */
  types: ReadonlyMap<number, "f32" | "vec4f">;
}

function partOf(
  group: FusionGroup,
  variables: readonly number[],
  results: readonly Operand[],
  first: number,
): GroupKernel {
  const { root, epilogue } = group;
  const names = variables.map((k) => `a${k}`);
  const own = root?.inputs.length ?? 0;
  const source = root
    ? opDef(root.op).kernel!({ ...root, names: names.slice(0, own) })
    : elementwiseKernel(group, names);
  const type = source.types[source.types.length - 1];
  const rest = root && epilogue.length > 0 ? epilogueWrite(group, names.slice(own), type) : null;
  const read = [...source.types.slice(0, -1), ...(rest?.types ?? [])];
  const types = new Map<number, "f32" | "vec4f">();
  variables.forEach((k, i) => {
    assert((types.get(k) ?? read[i]) === read[i], `${last(group).op} reads one tensor in two ways`);
    types.set(k, read[i]);
  });
  const puts = results.map(({ f16 }, k) => {
    const value = f16 ? storeF16("value", type) : "value";
    return `fn put${k}(i: u32, value: ${type}) { y${first + k}[i] = ${value}; }\n`;
  });
  const write = `${puts.join("")}${rest?.write ?? `fn write(i: u32, value: ${type}) { put0(i, value); }`}`;
  return { source, write, types };
}

/** @param fused groups whose kernels have the same text, except for their operands */
export function lower(fused: readonly FusionGroup[], operandOf: (v: Value) => Operand): Dispatch {
  const operands: Operand[] = [];
  const variables = fused.map((group) =>
    inputsOf(group).map((v) => {
      const operand = operandOf(v);
      const at = operands.findIndex((o) => samePlace(o.place, operand.place));
      return at < 0 ? operands.push(operand) - 1 : at;
    }),
  );
  const results = fused.map((group) => resultsOf(group).map(operandOf));
  const written = results.flat();
  const parts = fused.map((group, t) => partOf(group, variables[t], results[t], results.slice(0, t).flat().length));
  const [{ source }] = parts;
  const types = new Map(parts.flatMap((part) => [...part.types]));
  const type = source.types[source.types.length - 1];
  const stored = ({ f16 }: Operand, of: "f32" | "vec4f") => (f16 ? f16Type(of) : of);
  const bindings = [
    ...operands.map((o, k) => `var<storage, ${accessModeOf(o.place)}> a${k}: array<${stored(o, types.get(k)!)}>;`),
    ...written.map((o, k) => `var<storage, read_write> y${k}: array<${stored(o, type)}>;`),
  ];
  const halves = operands.flatMap(({ f16 }, k) => (f16 ? [k] : []));
  const usesF16 = halves.length > 0 || written.some(({ f16 }) => f16);
  const kernelOf = (codes: readonly KernelCode[]): Kernel => {
    const text = shaderText(codes.map((code, t) => ({ ...code, write: parts[t].write })));
    const main = halves.reduce((wide, k) => loadF16(wide, `a${k}`, types.get(k)!), text);
    const { needs, grid } = codes[0];
    return {
      ...(needs && { needs }),
      code: headText(bindings, needs, usesF16) + main,
      grid: [grid[0], grid[1], codes.length * grid[2]],
    };
  };
  const { choice } = source;
  const members = fused.flatMap(membersOf);
  const operators = membersOf(fused[0]).map((m) => m.op);
  const scopes = new Set(fused.map((group) => last(group).scope));
  const tags = [choice?.class, usesF16 && "f16"];
  const others = (name: string) => parts.map((part) => part.source.choice!.others[name]());
  return {
    ...kernelOf(parts.map((part) => part.source)),
    label: `${operators.join("+")} [${last(fused[0]).shape.join("×")}] ${[...scopes].join(", ")}`.trimEnd(),
    operands: [...operands, ...written],
    results: written.length,
    choice: choice && {
      class: tags.filter(Boolean).join(" "),
      others: Object.fromEntries(
        Object.keys(choice.others).map((name) => [name, () => kernelOf(others(name))] as const),
      ),
    },
    ...(fused.length > 1 && { alone: () => lower(fused.slice(0, 1), operandOf) }),
    flops: flopsOf(members),
  };
}
