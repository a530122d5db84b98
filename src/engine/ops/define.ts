/**
 * What operators' files share: the interface that each implements, readers of attributes, and
 * pieces of WGSL.
 */
import { RadaptError } from "../../base/error";
import type { OnnxEmitter, OnnxNode, OpDef } from "../graph/operator";
import type { Attrs, Value } from "../graph/value";

export type {
  KernelArgs,
  KernelChoice,
  KernelCode,
  KernelSource,
  OnnxArgs,
  OnnxAttr,
  OnnxEmitter,
  OnnxNode,
  OnnxReader,
  OpCase,
  OpDef,
  VjpArgs,
} from "../graph/operator";
export { isDifferentiable } from "../graph/operator";

/**
 * Largest number of kernels in one dispatch (`plan/horizontal-fusion.ts`). They follow each other
 * along the third dimension of the grid.
 */
export const MAX_FUSED_KERNELS = 8;

export function defineOp(def: OpDef): OpDef {
  return def;
}

type NoGradient = Pick<OpDef, "nonDifferentiable" | "vjp">;

/** For operators whose derivative is zero almost everywhere: floor, comparisons, arg-max. */
export const noGradient: NoGradient = { nonDifferentiable: "all", vjp: ({ inputs }) => inputs.map(() => null) };

/**
 * For operators that stand in gradients only and have no derivative of their own. A second
 * derivative through them is an error, as under PyTorch's `once_differentiable`: taken for zero, it
 * would be wrong in silence.
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
