/**
 * What an operator is: one object with every facet, all required, so that a forgotten one does not
 * compile. The framework reads `kind`, never the operator's name.
 */
import { RadaptError } from "../../base/error";
import type { Builder } from "../graph/builder";
import type { DType, Tensor } from "../graph/tensor";
import type { Attrs, Value } from "../graph/value";

/**
 * WGSL of one kernel. The planner adds the bindings and the function `write(i: u32, value)`. The
 * kernel calls it once for each element of its output, or for each quad where the output is bound
 * as vec4f. The operators of the epilogue run inside it.
 */
export interface KernelCode {
  /**
   * The device feature and WGSL extension that the kernel needs. Only an alternative of a choice
   * may need one.
   */
  needs?: "subgroups";
  /** Module-scope declarations, constants and functions. */
  declarations?: string;
  /** Body of `main`; `gid`, `lid`, `wid` are the three built-in ids (vec3u). */
  body: string;
  workgroup: readonly [number, number, number];
  /**
   * Number of workgroups. `gridOf` folds dimensions above 65,535. Of the third, `MAX_FUSED_KERNELS`
   * times as many must fit.
   */
  grid: readonly [number, number, number];
}

/**
 * Largest number of kernels in one dispatch (`plan/horizontal-fusion.ts`). They follow each other
 * along the third dimension of the grid.
 */
export const MAX_FUSED_KERNELS = 8;

export interface KernelSource extends KernelCode {
  /** Element type of each binding: the inputs in order, then the output. */
  types: readonly ("f32" | "vec4f")[];
  choice?: KernelChoice;
}

/**
 * Alternatives over the same bindings that give the same bits. The tuner (`devices/gpu/tuner.ts`)
 * measures which is the fastest on an adapter.
 */
export interface KernelChoice {
  /**
   * The tuner measures one kernel of each class and applies its choice to all others of the class.
   */
  class: string;
  others: Readonly<Record<string, () => KernelCode>>;
}

export interface KernelArgs {
  inputs: readonly { shape: readonly number[] }[];
  shape: readonly number[];
  attrs: Attrs;
  /** Variable names of the inputs' bindings. */
  names: readonly string[];
}

export interface VjpArgs {
  /** The value that the operator made. */
  y: Value;
  /** Its cotangent, of the same shape. */
  dy: Value;
  inputs: readonly Value[];
  attrs: Attrs;
  b: Builder;
  /** Which inputs need a cotangent. The others may stay null. */
  needs: readonly boolean[];
}

/** A node of a file whose inputs are values already. A missing optional input is null. */
export interface OnnxNode {
  opType: string;
  /** "" for ONNX's own. */
  domain: string;
  opset: number;
  inputs: readonly (Value | null)[];
  outputs: number;
  attrs: Readonly<Record<string, unknown>>;
  b: Builder;
}

export type OnnxReader = (node: OnnxNode) => Value | Value[];

/**
 * An attribute of a written node. Floats are marked, since the number 1 may be an integer or a
 * float.
 */
export type OnnxAttr = number | readonly number[] | string | { float: number };

/**
 * The writer that operators get. It names values as ONNX does and writes equal nodes and constants
 * once.
 */
export interface OnnxEmitter {
  /** A node of the default domain; the name of its first output. */
  node(opType: string, inputs: readonly string[], attrs?: Readonly<Record<string, OnnxAttr>>): string;
  /** A node of several outputs. */
  nodeOf(
    outputs: number,
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>>,
  ): readonly string[];
  /** A constant float32 tensor. */
  floats(shape: readonly number[], data: ArrayLike<number>): string;
  /** A constant list of int64. */
  ints(values: readonly number[]): string;
}

export interface OnnxArgs {
  e: OnnxEmitter;
  /** Names of the inputs, and their shapes. Every tensor is float32; truth values are 0 and 1. */
  inputs: readonly string[];
  shapes: readonly (readonly number[])[];
  attrs: Attrs;
  /** Of the result. */
  shape: readonly number[];
}

export interface OpCase {
  shapes: readonly (readonly number[])[];
  attrs?: Attrs;
  /** Constants of the graph in place of random inputs, by position, for example indices. */
  values?: Readonly<Record<number, readonly number[]>>;
  /** Range of the random inputs; default [-2, 2]. */
  domain?: readonly [number, number];
  /**
   * Relative error allowed between kernel and interpreter, where WGSL itself promises less than
   * 2e-5.
   */
  tolerance?: number;
  /** Absolute error allowed besides what rounding makes: WGSL promises sin and cos no better. */
  absolute?: number;
}

export interface OpDef {
  /** ONNX operator name, or a Radapt name for what ONNX lacks (gradients). */
  type: string;
  /**
   * - elementwise: one WGSL expression per element, which can be fused
   * - reduce, kernel: a kernel of its own
   * - view: the same numbers in the same order under another shape, without work at run time
   */
  kind: "elementwise" | "reduce" | "view" | "kernel";
  /** Shape and type of the result; throws RadaptError where the inputs do not fit. */
  shape: (inputs: readonly Value[], attrs: Attrs) => { shape: number[]; dtype?: DType };
  /**
   * The meaning on the CPU. It serves as the kernels' oracle, folds constants, and runs without a
   * GPU.
   */
  interpret: (inputs: readonly Tensor[], attrs: Attrs, shape: readonly number[]) => Tensor;
  /** elementwise: the expression over the operands' names. */
  wgsl?: (operands: readonly string[], attrs: Attrs) => string;
  /** reduce, kernel: the kernel. */
  kernel?: (args: KernelArgs) => KernelSource;
  /**
   * For an operator that only permutes the elements of its first input: the stride in the result
   * for each axis of that input.
   */
  permutation?: (attrs: Attrs, shape: readonly number[]) => number[];
  /**
   * Floating-point operations of products and convolutions, 2 per multiply-add. Others count as
   * none.
   */
  flops?: (inputs: readonly { shape: readonly number[] }[], attrs: Attrs, shape: readonly number[]) => number;
  /** The operator as nodes of ONNX's default domain, opset 18; the name of the result. */
  toOnnx: (args: OnnxArgs) => string;
  /** An equal, simpler value, or null. The builder asks for every node that it makes. */
  simplify?: (b: Builder, inputs: readonly Value[], attrs: Attrs, shape: readonly number[]) => Value | null;
  /**
   * The value that replaces it when the graph predicts instead of training. Absent means itself.
   */
  atInference?: (inputs: readonly Value[]) => Value;
  /**
   * Positions of the inputs that receive no cotangent, or all: indices, masks, and functions that
   * are constant almost everywhere. `vjp` gives null for these and for no other input that needs one.
   */
  nonDifferentiable?: readonly number[] | "all";
  /** Cotangents of the inputs as graph values. The caller undoes broadcasting. */
  vjp: (args: VjpArgs) => readonly (Value | null)[];
  /** Readers of ONNX nodes that become this operator: keyed by ONNX operator name. */
  onnx: Readonly<Record<string, OnnxReader>>;
  /** Inputs on which the harness checks shape, gradient and kernel. */
  cases: readonly OpCase[];
}

export function defineOp(def: OpDef): OpDef {
  return def;
}

type NoGradient = Pick<OpDef, "nonDifferentiable" | "vjp">;

/** For operators whose derivative is zero almost everywhere: floor, comparisons, arg-max. */
export const noGradient: NoGradient = { nonDifferentiable: "all", vjp: ({ inputs }) => inputs.map(() => null) };

/**
 * For operators that stand in gradients only and have no derivative of their own. A second derivative through them is an
 * error, as under PyTorch's `once_differentiable`: taken for zero, it would be wrong in silence.
 */
export const onceDifferentiable: NoGradient = {
  nonDifferentiable: "all",
  vjp: ({ y }) => {
    throw new RadaptError(`${y.op} has no derivative`, {
      code: "engine.once-differentiable",
      where: y.scope || y.op,
      expected: "a graph that is differentiated once",
      got: "the derivative of a gradient",
      remedy: "Write the gradient with operators that can be differentiated.",
    });
  },
};

/** Whether the input at a position may receive a cotangent. */
export const isDifferentiable = ({ nonDifferentiable = [] }: OpDef, input: number): boolean =>
  nonDifferentiable !== "all" && !nonDifferentiable.includes(input);

/** ONNX's numbers of its element types. */
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

/**
 * Casts between run-time tensors, which are float32, and the types that some ONNX operators take or
 * give.
 */
export const asFloat = (e: OnnxEmitter, x: string): string => e.node("Cast", [x], { to: FLOAT });
export const asBool = (e: OnnxEmitter, x: string): string => e.node("Cast", [x], { to: BOOL });
export const asInt = (e: OnnxEmitter, x: string): string => e.node("Cast", [x], { to: INT64 });
/** A constant scalar. */
export const constant = (e: OnnxEmitter, value: number): string => e.floats([], [value]);

export function num(attrs: Attrs | OnnxNode["attrs"], name: string, fallback?: number): number {
  const value = attrs[name];
  if (typeof value === "number") return value;
  if (fallback !== undefined) return fallback;
  throw new RadaptError(`attribute ${name} is missing`, { code: "onnx.attribute", expected: "a number" });
}

export function ints(attrs: Attrs | OnnxNode["attrs"], name: string, fallback?: readonly number[]): readonly number[] {
  const value = attrs[name];
  if (Array.isArray(value) && value.every((v) => typeof v === "number")) return value;
  if (fallback !== undefined) return fallback;
  throw new RadaptError(`attribute ${name} is missing`, { code: "onnx.attribute", expected: "a list of integers" });
}

export function str(attrs: Attrs | OnnxNode["attrs"], name: string, fallback: string): string {
  const value = attrs[name];
  return typeof value === "string" ? value : fallback;
}

/** The numbers of an input that must be known when the graph is built: shapes, axes, pads. */
export function constantInts(value: Value | null | undefined, what: string): number[] | null {
  if (!value) return null;
  if (!value.data) {
    throw new RadaptError(`${what} is computed from the image, not known beforehand`, {
      code: "onnx.dynamic",
      expected: "a constant, once batch and image size are fixed",
      got: `the result of ${value.op}${value.scope ? ` in ${value.scope}` : ""}`,
      remedy: "Export the model with a fixed image size.",
    });
  }
  return Array.from(value.data.data);
}

/** The input at a position, or an error that names it. */
export function required(node: OnnxNode, index: number): Value {
  const value = node.inputs[index];
  if (!value) {
    throw new RadaptError(`${node.opType} lacks its input ${index}`, { code: "onnx.input", expected: "a value" });
  }
  return value;
}

export function normalizeAxis(axis: number, rank: number): number {
  const a = axis < 0 ? axis + rank : axis;
  if (a < 0 || a >= Math.max(rank, 1)) {
    throw new RadaptError(`axis ${axis} is outside a tensor of rank ${rank}`, {
      code: "onnx.axis",
      expected: `${-rank} to ${rank - 1}`,
      got: String(axis),
    });
  }
  return a;
}

export function shapeError(type: string, inputs: readonly Value[], expected: string): RadaptError {
  return new RadaptError(`${type} cannot take these shapes`, {
    code: "engine.shape",
    where: inputs[0]?.scope || type,
    expected,
    got: inputs.map((v) => `[${v.shape.join(", ")}]`).join(" and "),
  });
}

/**
 * Workgroups for `count` invocations of `size` each. Above the limit of 65,535 they take two
 * dimensions.
 */
export function gridOf(count: number, size: number): [number, number, number] {
  const groups = Math.max(1, Math.ceil(count / size));
  if (groups <= 65_535) return [groups, 1, 1];
  const y = Math.ceil(groups / 65_535);
  return [Math.ceil(groups / y), y, 1];
}

/** 0 to count − 1. */
export const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/**
 * WGSL of a zero that no compiler knows. A loop that starts here is not unrolled. Drivers that
 * compile with LLVM take seconds for an unrolled product of ten steps.
 */
export const OPAQUE_ZERO = "(wid.z >> 16u)";

/** The head of a loop from 0 up to `count` that no compiler unrolls. */
export function loop(type: "u32" | "i32", name: string, count: number): string {
  const [zero, end] = type === "u32" ? [OPAQUE_ZERO, `${count}u`] : [`i32(${OPAQUE_ZERO})`, `${count}`];
  return `for (var ${name} = ${zero}; ${name} < ${end}; ${name}++)`;
}

/** WGSL of one of the named variables, by an index. */
export const pick = (index: string, names: readonly string[]): string =>
  names.slice(1).reduce((value, name, k) => `select(${value}, ${name}, ${index} == ${k + 1}u)`, names[0]);

/** Rounds a size up to a power of two. Kernels of sizes in one such range form one class. */
export const sizeClass = (value: number): number => 2 ** Math.ceil(Math.log2(value));

/** WGSL that declares the linear invocation index `i` under `gridOf` and returns beyond `count`. */
export function linearIndex(count: number, size: number): string {
  const [x] = gridOf(count, size);
  return `let i = gid.x + gid.y * ${x * size}u;\n  if (i >= ${count}u) { return; }`;
}
