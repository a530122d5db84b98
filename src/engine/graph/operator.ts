/**
 * What an operator is: one object with every facet, all required, so that a forgotten one does not
 * compile. The framework reads `kind`, never the operator's name. The operators themselves are
 * files of `ops/`.
 */
import type { DType, Tensor } from "./tensor";
import type { Attrs, Value } from "./value";
import type { GraphWriter } from "./writer";

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
  b: GraphWriter;
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
  b: GraphWriter;
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
  /** Absolute error allowed besides rounding: WGSL promises no better for sin and cos. */
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
  simplify?: (b: GraphWriter, inputs: readonly Value[], attrs: Attrs, shape: readonly number[]) => Value | null;
  /**
   * The value that replaces it when the graph predicts instead of training. Absent means itself.
   */
  atInference?: (inputs: readonly Value[]) => Value;
  /**
   * Positions of the inputs that receive no cotangent, or all: indices, masks, and functions that
   * are constant almost everywhere. `vjp` gives null for these and for no other input that needs
   * one.
   */
  nonDifferentiable?: readonly number[] | "all";
  /** Cotangents of the inputs as graph values. The caller undoes broadcasting. */
  vjp: (args: VjpArgs) => readonly (Value | null)[];
  /** Readers of ONNX nodes that become this operator: keyed by ONNX operator name. */
  onnx: Readonly<Record<string, OnnxReader>>;
  /** Inputs on which the harness checks shape, gradient and kernel. */
  cases: readonly OpCase[];
}

/** Whether the input at a position may receive a cotangent. */
export const isDifferentiable = ({ nonDifferentiable = [] }: OpDef, input: number): boolean =>
  nonDifferentiable !== "all" && !nonDifferentiable.includes(input);
