/**
 * The interface of an operator: one object with every facet. Facets are required, so the compiler
 * reports a forgotten one. The engine reads `kind` and never an operator's name. The files of
 * `ops/` define the operators.
 */
import type { DType, Tensor } from "./tensor";
import type { Attrs, Value } from "./value";
import type { GraphWriter } from "./writer";

/**
 * WGSL of one kernel. The planner adds the bindings and the function `write(i: u32, value)`. The
 * kernel calls it once for each element of its output, or once for each quad where the output is
 * bound as vec4f. The operators of the epilogue run inside it.
 */
export interface KernelCode {
  /**
   * The device feature and WGSL extension that the kernel needs. Only an alternative of a choice
   * may need one.
   */
  needs?: "subgroups";
  /** Module-scope declarations, constants and functions. */
  declarations?: string;
  /** Body of `main`. `gid`, `lid` and `wid` are the three built-in ids (vec3u). */
  body: string;
  workgroup: readonly [number, number, number];
  /**
   * Number of workgroups along x, y and z. `gridOf` folds numbers above 65,535. Horizontal fusion
   * may multiply the third number by up to `MAX_FUSED_KERNELS`.
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
  /** Names of the variables that the inputs are bound to. */
  names: readonly string[];
}

export interface VjpArgs {
  /** The value that the operator computes. */
  y: Value;
  /** Its cotangent, of the same shape. */
  dy: Value;
  inputs: readonly Value[];
  attrs: Attrs;
  b: GraphWriter;
  /** Which inputs need a cotangent. The others may stay null. */
  needs: readonly boolean[];
}

/** A node of an ONNX file with its inputs as values. A missing optional input is null. */
export interface OnnxNode {
  opType: string;
  /** "" for ONNX's default domain. */
  domain: string;
  opset: number;
  inputs: readonly (Value | null)[];
  outputs: number;
  attrs: Readonly<Record<string, unknown>>;
  b: GraphWriter;
}

export type OnnxReader = (node: OnnxNode) => Value | Value[];

/**
 * An attribute of a written node. Floats are marked, because the number 1 could be an integer or a
 * float.
 */
export type OnnxAttr = number | readonly number[] | string | { float: number };

/**
 * Writes ONNX nodes for operators. It names values as ONNX does, and writes equal nodes and
 * constants only once.
 */
export interface OnnxEmitter {
  /**
   * Writes a node of the default domain.
   *
   * @returns the name of its first output
   */
  node(opType: string, inputs: readonly string[], attrs?: Readonly<Record<string, OnnxAttr>>): string;
  /** Writes a node with several outputs and returns their names. */
  nodeOf(
    outputs: number,
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>>,
  ): readonly string[];
  /** Writes a constant float32 tensor and returns its name. */
  floats(shape: readonly number[], data: ArrayLike<number>): string;
  /** Writes a constant list of int64 and returns its name. */
  ints(values: readonly number[]): string;
}

export interface OnnxArgs {
  e: OnnxEmitter;
  /** Names and shapes of the inputs. Every tensor is float32. Truth values are 0 and 1. */
  inputs: readonly string[];
  shapes: readonly (readonly number[])[];
  attrs: Attrs;
  /** Shape of the result. */
  shape: readonly number[];
}

export interface OpCase {
  shapes: readonly (readonly number[])[];
  attrs?: Attrs;
  /** Constants that replace random inputs, by position. Indices are an example. */
  values?: Readonly<Record<number, readonly number[]>>;
  /** Range of the random inputs. Default [-2, 2]. */
  domain?: readonly [number, number];
  /**
   * Relative error allowed between kernel and interpreter. Set it only where WGSL promises less
   * than the default 2e-5.
   */
  tolerance?: number;
  /** Absolute error allowed besides rounding. WGSL promises no relative error for sin and cos. */
  absolute?: number;
}

export interface OpDef {
  /** ONNX operator name, or Radapt's own name where ONNX has no such operator (gradients). */
  type: string;
  /**
   * - elementwise: one WGSL expression per element, which can be fused
   * - reduce, kernel: a kernel of its own
   * - view: the same numbers in the same order under another shape, which costs nothing at run time
   */
  kind: "elementwise" | "reduce" | "view" | "kernel";
  /** Shape and element type of the result. Throws RadaptError where the inputs do not fit. */
  shape: (inputs: readonly Value[], attrs: Attrs) => { shape: number[]; dtype?: DType };
  /**
   * Computes the result on the CPU. The tests compare the kernels with it. It folds constants and
   * runs without a GPU.
   */
  interpret: (inputs: readonly Tensor[], attrs: Attrs, shape: readonly number[]) => Tensor;
  /** elementwise: the WGSL expression over the names of the operands. */
  wgsl?: (operands: readonly string[], attrs: Attrs) => string;
  /** reduce, kernel: the kernel. */
  kernel?: (args: KernelArgs) => KernelSource;
  /**
   * For an operator that only permutes the elements of its first input: the stride in the result of
   * each axis of that input.
   */
  permutation?: (attrs: Attrs, shape: readonly number[]) => number[];
  /**
   * Floating-point operations, 2 per multiply-add. Only matrix products and convolutions give them.
   */
  flops?: (inputs: readonly { shape: readonly number[] }[], attrs: Attrs, shape: readonly number[]) => number;
  /**
   * Writes the operator as nodes of ONNX's default domain, opset 18, and returns the name of the
   * result.
   */
  toOnnx: (args: OnnxArgs) => string;
  /** An equal, simpler value, or null. The builder calls this for every value that it creates. */
  simplify?: (b: GraphWriter, inputs: readonly Value[], attrs: Attrs, shape: readonly number[]) => Value | null;
  /**
   * The value that replaces this operator when the graph predicts instead of training. Absent: the
   * operator stays.
   */
  atInference?: (inputs: readonly Value[]) => Value;
  /**
   * Positions of the inputs that receive no cotangent, or "all". These are indices, masks, and
   * inputs of functions that are constant almost everywhere. `vjp` gives null for these, and for no
   * other input that needs a cotangent.
   */
  nonDifferentiable?: readonly number[] | "all";
  /**
   * Cotangents of the inputs as graph values, each with the shape of its input. null where there is
   * none.
   */
  vjp: (args: VjpArgs) => readonly (Value | null)[];
  /** Readers of the ONNX nodes that become this operator, by ONNX operator name. */
  onnx: Readonly<Record<string, OnnxReader>>;
  /** Inputs on which the tests check shape, gradient and kernel. */
  cases: readonly OpCase[];
}

/** Whether the input at a position may receive a cotangent. */
export const isDifferentiable = ({ nonDifferentiable = [] }: OpDef, input: number): boolean =>
  nonDifferentiable !== "all" && !nonDifferentiable.includes(input);
