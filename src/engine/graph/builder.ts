/**
 * Creates values. For each one, the builder infers the shape, folds constants and applies local
 * identities (x·1, x+0, reshape of a reshape, …). The reader, autodiff and the passes all use it,
 * so every graph is simplified while it is written.
 */
import { RadaptError } from "../../base/error";
import { withShape } from "./lazy-tensor";
import { opDef } from "./operators";
import {
  assertShape,
  broadcastShapes,
  type DType,
  MAX_ELEMENTS,
  MAX_FOLDED,
  sameShape,
  scalar,
  sizeOf,
  type Tensor,
  tensor,
} from "./tensor";
import type { Attrs, Value } from "./value";
import type { GraphWriter } from "./writer";

let nextId = 0;

/** The unnamed weights of the file from which these values were computed. */
function storedIn(values: readonly Value[]): Value["stored"] {
  const entries = values.flatMap((v) => [...(v.stored ?? [])]);
  return entries.length ? new Map(entries) : undefined;
}

export class Builder implements GraphWriter {
  /** PyTorch module path for new values. The reader and the passes set it. */
  scope = "";

  /**
   * @param foldParameters whether to fold operators on parameters too. The reader must not: it
   *   would lose the parameters that a method may train.
   */
  constructor(readonly foldParameters: boolean = false) {}

  /** @throws RadaptError `engine.shape` for a shape that no tensor can have */
  input(name: string, shape: readonly number[], dtype: DType = "f32"): Value {
    assertShape(name, shape, MAX_ELEMENTS);
    return { id: nextId++, op: "Input", inputs: [], attrs: {}, shape: [...shape], dtype, name, scope: "" };
  }

  /** @param transposed whether the data are the transpose of PyTorch's parameter `name` */
  parameter(name: string, data: Tensor, transposed = false): Value {
    const attrs = { transposed: transposed ? 1 : 0 };
    return { id: nextId++, op: "Parameter", inputs: [], attrs, shape: data.shape, dtype: "f32", data, name, scope: "" };
  }

  /** @param stored see `Value.stored` */
  constant(data: Tensor, stored?: Value["stored"]): Value {
    const { shape, dtype } = data;
    return { id: nextId++, op: "Constant", inputs: [], attrs: {}, shape, dtype, data, stored, scope: "" };
  }

  scalar(value: number): Value {
    return this.constant(scalar(value));
  }

  ints(values: readonly number[]): Value {
    return this.constant(tensor([values.length], values, "i64"));
  }

  filled(shape: readonly number[], value: number): Value {
    assertShape("constant", shape, MAX_FOLDED);
    return this.constant(tensor(shape, new Float32Array(sizeOf(shape)).fill(value)));
  }

  /**
   * Creates the value that an operator computes, or an equal, simpler value.
   *
   * @throws RadaptError `engine.unknown-op` for an unknown type, `engine.shape` where the inputs do
   *   not fit
   */
  op(type: string, inputs: readonly Value[], attrs: Attrs = {}): Value {
    const def = opDef(type);
    const { shape, dtype = "f32" } = def.shape(inputs, attrs);
    assertShape(type, shape, MAX_ELEMENTS);
    const isKnown = (v: Value) => v.op === "Constant" || (this.foldParameters && v.op === "Parameter");
    if (inputs.length > 0 && inputs.every(isKnown)) {
      if (!inputs.some((v) => sizeOf(v.shape) >= sizeOf(shape))) assertShape(type, shape, MAX_FOLDED);
      const folded = def.interpret(
        inputs.map((v) => v.data!),
        attrs,
        shape,
      );
      return this.constant(withShape(folded, folded.shape, dtype), storedIn(inputs));
    }
    return (
      def.simplify?.(this, inputs, attrs, shape) ?? {
        id: nextId++,
        op: type,
        inputs: [...inputs],
        attrs,
        shape,
        dtype,
        scope: this.scope,
      }
    );
  }

  // Short forms of the operators that gradients and methods use most.
  add = (a: Value, b: Value) => this.op("Add", [a, b]);
  sub = (a: Value, b: Value) => this.op("Sub", [a, b]);
  mul = (a: Value, b: Value) => this.op("Mul", [a, b]);
  div = (a: Value, b: Value) => this.op("Div", [a, b]);
  neg = (a: Value) => this.op("Neg", [a]);
  scale = (a: Value, factor: number) => this.op("Mul", [a, this.scalar(factor)]);
  matmul = (a: Value, b: Value, transA = false, transB = false) =>
    this.op("MatMul", [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
  reshape = (a: Value, shape: readonly number[]) => this.op("Reshape", [a], { shape: [...shape] });
  transpose = (a: Value, perm: readonly number[]) => this.op("Transpose", [a], { perm: [...perm] });
  /** Sums over axes and keeps them with length 1. */
  sum = (a: Value, axes: readonly number[]) => this.op("ReduceSum", [a], { axes: [...axes] });
  expand = (a: Value, shape: readonly number[]) => this.op("Expand", [a], { shape: [...shape] });

  /**
   * Multiplies the last axis of x by a two-dimensional weight: [K, N], or [N, K] where `transB`. It
   * flattens the leading axes, so that one large product computes everything.
   */
  linear(x: Value, weight: Value, transB: boolean): Value {
    const inner = x.shape[x.shape.length - 1];
    const lead = x.shape.slice(0, -1);
    const flat = this.reshape(x, [sizeOf(lead), inner]);
    const y = this.matmul(flat, weight, false, transB);
    return this.reshape(y, [...lead, y.shape[1]]);
  }

  /** The exact GELU, x · Φ(x), where Φ is the normal distribution function. arXiv 1606.08415 */
  gelu(x: Value): Value {
    const cdf = this.scale(this.add(this.op("Erf", [this.scale(x, Math.SQRT1_2)]), this.scalar(1)), 0.5);
    return this.mul(x, cdf);
  }

  /**
   * Undoes broadcasting: sums `value` over the stretched axes to `shape`.
   *
   * @throws RadaptError `engine.shape` where `shape` does not broadcast to the value's shape
   */
  reduceTo(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    const fits = broadcastShapes(shape, value.shape);
    if (!fits || !sameShape(fits, value.shape)) {
      throw new RadaptError("cannot sum a tensor down to this shape", {
        code: "engine.shape",
        expected: `a shape that broadcasts to [${value.shape}]`,
        got: `[${shape}]`,
      });
    }
    const lead = value.shape.length - shape.length;
    const axes = value.shape
      .map((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? i : -1))
      .filter((i) => i >= 0);
    const summed = axes.length ? this.sum(value, axes) : value;
    return this.reshape(summed, shape);
  }
}
