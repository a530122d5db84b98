/**
 * Lowers one fusion group to a dispatch: the kernel's WGSL, its operands and the number of
 * workgroups. Several groups become one dispatch where horizontal fusion joined them. A dispatch is
 * plain data and depends on no GPU adapter.
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
 * Where a value's numbers are: in a leaf's buffer (weights, inputs, trainables), in memory that the
 * caller provides ("pinned"), or at an offset of an arena in bytes.
 */
export type Place =
  | { kind: "leaf"; value: Value }
  | { kind: "pinned"; value: Value }
  | { kind: "arena"; arena: number; offset: number };

/** How a kernel may use a storage buffer, as WGSL writes it. */
export type AccessMode = "read" | "read_write";

/** A tensor that a kernel reads or writes. */
export interface Operand {
  place: Place;
  bytes: number;
  /** Whether memory holds the tensor as 16-bit floats. */
  f16: boolean;
}

/** A shader and the number of workgroups along x, y and z. */
export interface Kernel {
  /** The WebGPU feature that the code requires. */
  needs?: GPUFeatureName;
  code: string;
  grid: readonly [number, number, number];
}

/** A kernel with what it reads and writes. */
export interface Dispatch extends Kernel {
  /** Operators, shape and scope, for people, e.g. "MatMul+Add [394×768] blocks.3.mlp.up". */
  label: string;
  /** Distinct operands in binding order. The kernel writes the last ones. */
  operands: Operand[];
  /** Number of operands that the kernel writes. */
  results: number;
  /** Other kernels for the same operands that compute the same bits (see `KernelChoice`). */
  choice?: { class: string; others: Readonly<Record<string, () => Kernel>> };
  /**
   * Only where horizontal fusion joined several groups: the first group alone, which has the same
   * class. The tuner measures this one, because its shorter text compiles sooner.
   */
  alone?: () => Dispatch;
  /** Floating-point operations of the matrix products and convolutions (see `OpDef.flops`). */
  flops: number;
}

/** A rough estimate: the number of operations that take as long as moving one byte. */
const FLOPS_PER_BYTE = 8;

/**
 * A measure of how long a dispatch takes, in floating-point operations. Bytes moved count as
 * operations too.
 */
export const costOf = ({ flops, operands }: Dispatch): number =>
  operands.reduce((sum, { bytes }) => sum + FLOPS_PER_BYTE * bytes, flops);

const samePlace = (a: Place, b: Place) =>
  a.kind === "arena"
    ? b.kind === "arena" && a.arena === b.arena && a.offset === b.offset
    : b.kind === a.kind && a.value === b.value;

/**
 * Arenas and pinned buffers are bound for writing wherever they appear, because WebGPU lets no
 * dispatch bind one buffer both as read-only and as writable.
 */
const accessModeOf = (place: Place): AccessMode => (place.kind === "leaf" ? "read" : "read_write");

/** How each operand is bound, in binding order. */
export const accessModesOf = ({ operands, results }: Dispatch): AccessMode[] =>
  operands.map((o, k) => (k < operands.length - results ? accessModeOf(o.place) : "read_write"));

/** What one group adds to the dispatch's kernel. */
interface GroupKernel {
  source: KernelSource;
  /**
   * WGSL of the functions that take the root's results, compute the epilogue and write to memory.
   */
  write: string;
  /** WGSL type of each operand that the group reads, by the operand's position in the dispatch. */
  types: ReadonlyMap<number, "f32" | "vec4f">;
}

function groupKernelOf(
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
  const putFunctions = results.map(({ f16 }, k) => {
    const value = f16 ? storeF16("value", type) : "value";
    return `fn put${k}(i: u32, value: ${type}) { y${first + k}[i] = ${value}; }\n`;
  });
  const write = `${putFunctions.join("")}${rest?.write ?? `fn write(i: u32, value: ${type}) { put0(i, value); }`}`;
  return { source, write, types };
}

/**
 * Writes the dispatch of one or more groups.
 *
 * @param fused groups whose kernels have the same text, except for the names of their operands
 * @param operandOf gives the place of a value
 */
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
  const parts = fused.map((group, t) =>
    groupKernelOf(group, variables[t], results[t], results.slice(0, t).flat().length),
  );
  const [{ source }] = parts;
  const types = new Map(parts.flatMap((part) => [...part.types]));
  const type = source.types[source.types.length - 1];
  const stored = ({ f16 }: Operand, of: "f32" | "vec4f") => (f16 ? f16Type(of) : of);
  const bindings = [
    ...operands.map((o, k) => `var<storage, ${accessModeOf(o.place)}> a${k}: array<${stored(o, types.get(k)!)}>;`),
    ...written.map((o, k) => `var<storage, read_write> y${k}: array<${stored(o, type)}>;`),
  ];
  const f16Operands = operands.flatMap(({ f16 }, k) => (f16 ? [k] : []));
  const usesF16 = f16Operands.length > 0 || written.some(({ f16 }) => f16);
  const kernelOf = (codes: readonly KernelCode[]): Kernel => {
    const text = shaderText(codes.map((code, t) => ({ ...code, write: parts[t].write })));
    const main = f16Operands.reduce((wide, k) => loadF16(wide, `a${k}`, types.get(k)!), text);
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
