/**
 * Standardisation of rows (the last axis), (x − mean) / √(var + eps), and its gradient.
 * LayerNormalization is this with an elementwise scale and shift.
 * https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, arXiv 1607.06450
 */

import { emptyTensor, sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { defineOp, normalizeAxis, num, type OnnxArgs, type OnnxReader, onceDifferentiable, required } from "./define";
import { rowKernel } from "./row-kernel";
import { plus } from "./tree-reduction";

/** Calls `f` with each row's start, mean and 1/√(var + eps). */
function eachRow(
  data: ArrayLike<number>,
  width: number,
  eps: number,
  f: (start: number, mean: number, rstd: number) => void,
) {
  for (let start = 0; start < data.length; start += width) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += data[start + j];
    const mean = sum / width;
    let squares = 0;
    for (let j = 0; j < width; j++) squares += (data[start + j] - mean) ** 2;
    f(start, mean, 1 / Math.sqrt(squares / width + eps));
  }
}

/** Normalises over the axes from `axis` on, then scales and shifts. */
export function layerNorm(
  b: GraphWriter,
  x: Value,
  axis: number,
  eps: number,
  scale: Value | null,
  bias: Value | null,
): Value {
  const width = sizeOf(x.shape.slice(axis));
  const flat = b.reshape(x, [...x.shape.slice(0, axis), width]);
  let y = b.reshape(b.op("Standardize", [flat], { eps }), x.shape);
  if (scale) y = b.mul(y, scale);
  return bias ? b.add(y, bias) : y;
}

const readLayerNorm: OnnxReader = (n) => {
  const x = required(n, 0);
  const axis = normalizeAxis(num(n.attrs, "axis", -1), x.shape.length);
  return layerNorm(n.b, x, axis, num(n.attrs, "epsilon", 1e-5), required(n, 1), n.inputs[2] ?? null);
};

/** x / √(mean(x²) + eps) over the axes from `axis` on, then scaled. arXiv 1910.07467 */
function rmsNorm(b: GraphWriter, x: Value, axis: number, eps: number, scale: Value): Value {
  const axes = [...x.shape.keys()].slice(axis);
  const mean = b.scale(b.sum(b.mul(x, x), axes), 1 / sizeOf(x.shape.slice(axis)));
  return b.mul(b.div(x, b.op("Sqrt", [b.add(mean, b.scalar(eps))])), scale);
}

const readRmsNorm: OnnxReader = (n) => {
  const x = required(n, 0);
  const axis = normalizeAxis(num(n.attrs, "axis", -1), x.shape.length);
  return rmsNorm(n.b, x, axis, num(n.attrs, "epsilon", 1e-5), required(n, 1));
};

/**
 * ONNX Runtime's sum of two branches (and a bias) followed by their normalisation. Its fourth
 * output is the sum.
 *
 * @param bias position of the bias among the inputs
 */
const readSkipNorm =
  (bias: number, normalise: (n: Parameters<OnnxReader>[0], x: Value, eps: number) => Value): OnnxReader =>
  (n) => {
    const { b } = n;
    const joined = b.add(required(n, 0), required(n, 1));
    const sum = n.inputs[bias] ? b.add(joined, n.inputs[bias]) : joined;
    const eps = num(n.attrs, "epsilon", 1e-12);
    const last = sum.shape.length - 1;
    const mean = b.scale(b.sum(sum, [last]), 1 / sum.shape[last]);
    const centred = b.sub(sum, mean);
    const variance = b.scale(b.sum(b.mul(centred, centred), [last]), 1 / sum.shape[last]);
    const rstd = b.op("Reciprocal", [b.op("Sqrt", [b.add(variance, b.scalar(eps))])]);
    return [normalise(n, sum, eps), mean, rstd, sum];
  };

/** InstanceNormalization over the spatial axes of [B, C, …]. */
const readInstanceNorm: OnnxReader = (n) => {
  const x = required(n, 0);
  const channel = [x.shape[1], ...x.shape.slice(2).map(() => 1)];
  const [scale, bias] = [required(n, 1), required(n, 2)].map((v) => n.b.reshape(v, channel));
  return layerNorm(n.b, x, 2, num(n.attrs, "epsilon", 1e-5), scale, bias);
};

/** GroupNormalization (opset 21: scale and bias per channel). */
const readGroupNorm: OnnxReader = (n) => {
  const x = required(n, 0);
  const groups = num(n.attrs, "num_groups");
  const grouped = n.b.reshape(x, [x.shape[0], groups, sizeOf(x.shape.slice(1)) / groups]);
  const y = n.b.reshape(layerNorm(n.b, grouped, 2, num(n.attrs, "epsilon", 1e-5), null, null), x.shape);
  const spread = (v: Value) => {
    const perChannel =
      v.shape[0] === x.shape[1]
        ? v
        : n.b.reshape(n.b.expand(n.b.reshape(v, [groups, 1]), [groups, x.shape[1] / groups]), [x.shape[1]]);
    return n.b.reshape(perChannel, [x.shape[1], ...x.shape.slice(2).map(() => 1)]);
  };
  return n.b.add(n.b.mul(y, spread(required(n, 1))), spread(required(n, 2)));
};

/**
 * Standardised rows and 1/√(var + eps). The gradient asks for the same node as the operator, and
 * the builder writes it once.
 */
function standardized({ e, inputs: [x], attrs, shape }: OnnxArgs): readonly string[] {
  const ones = e.floats(shape.slice(-1), new Float32Array(shape[shape.length - 1]).fill(1));
  const [y, , rstd] = e.nodeOf(3, "LayerNormalization", [x, ones], {
    axis: -1,
    epsilon: { float: num(attrs, "eps") },
  });
  return [y, rstd];
}

export default [
  defineOp({
    type: "Standardize",
    kind: "kernel",
    shape: ([x]) => ({ shape: [...x.shape] }),
    interpret: ([x], attrs, shape) => {
      const out = emptyTensor(shape);
      const width = shape[shape.length - 1];
      eachRow(x.data, width, num(attrs, "eps"), (start, mean, rstd) => {
        for (let j = 0; j < width; j++) out.data[start + j] = (x.data[start + j] - mean) * rstd;
      });
      return out;
    },
    kernel: ({ shape, attrs, names: [x] }) => {
      const width = shape[shape.length - 1];
      return rowKernel({
        name: "standardize",
        shape,
        inputs: 1,
        quads: true,
        program: ({ each, reduce }) => `${reduce("total", "0.0", `value = ${x}[at];`, plus)}
  let mean = total / ${width}.0;
  ${reduce("squares", "0.0", `let d = ${x}[at] - mean; value = d * d;`, plus)}
  let rstd = inverseSqrt(squares / ${width}.0 + ${num(attrs, "eps")});
  ${each(`write(at, (${x}[at] - mean) * rstd);`)}`,
      });
    },
    toOnnx: (args) => standardized(args)[0],
    vjp: ({ b, inputs: [x], dy, attrs }) => [b.op("StandardizeGrad", [x, dy], attrs)],
    onnx: {
      LayerNormalization: readLayerNorm,
      InstanceNormalization: readInstanceNorm,
      GroupNormalization: readGroupNorm,
      RMSNormalization: readRmsNorm,
      SimplifiedLayerNormalization: readRmsNorm,
      SkipLayerNormalization: readSkipNorm(4, (n, x, eps) =>
        layerNorm(n.b, x, x.shape.length - 1, eps, required(n, 2), n.inputs[3] ?? null),
      ),
      SkipSimplifiedLayerNormalization: readSkipNorm(3, (n, x, eps) =>
        rmsNorm(n.b, x, x.shape.length - 1, eps, required(n, 2)),
      ),
    },
    cases: [
      { shapes: [[3, 8]], attrs: { eps: 1e-5 } },
      { shapes: [[2, 70]], attrs: { eps: 1e-6 } },
      { shapes: [[1100, 4]], attrs: { eps: 1e-5 } },
      { shapes: [[130, 67]], attrs: { eps: 1e-5 } },
      { shapes: [[40, 520]], attrs: { eps: 1e-5 } },
    ],
  }),
  defineOp({
    // dx = rstd · (dy − mean(dy) − x̂ · mean(dy · x̂))
    type: "StandardizeGrad",
    kind: "kernel",
    shape: ([x]) => ({ shape: [...x.shape] }),
    interpret: ([x, dy], attrs, shape) => {
      const out = emptyTensor(shape);
      const width = shape[shape.length - 1];
      eachRow(x.data, width, num(attrs, "eps"), (start, mean, rstd) => {
        let plain = 0;
        let scaled = 0;
        for (let j = 0; j < width; j++) {
          plain += dy.data[start + j];
          scaled += dy.data[start + j] * (x.data[start + j] - mean) * rstd;
        }
        for (let j = 0; j < width; j++) {
          const xhat = (x.data[start + j] - mean) * rstd;
          out.data[start + j] = rstd * (dy.data[start + j] - plain / width - (xhat * scaled) / width);
        }
      });
      return out;
    },
    kernel: ({ shape, attrs, names: [x, dy] }) => {
      const width = shape[shape.length - 1];
      const d = `(${x}[at] - mean)`;
      return rowKernel({
        name: "standardize gradient",
        shape,
        inputs: 2,
        quads: true,
        pairs: true,
        program: ({ each, sums }) => `${sums("totals", `${x}[at]`, `${dy}[at]`)}
  let mean = totals.x / ${width}.0;
  ${sums("squares", `${d} * ${d}`, `${d} * ${dy}[at]`)}
  let rstd = inverseSqrt(squares.x / ${width}.0 + ${num(attrs, "eps")});
  let plain = totals.y / ${width}.0; let scaled = rstd * rstd * squares.y / ${width}.0;
  ${each(`write(at, rstd * (${dy}[at] - plain - ${d} * scaled));`)}`,
      });
    },
    toOnnx: (args) => {
      const { e } = args;
      const [xhat, rstd] = standardized(args);
      const dy = args.inputs[1];
      const mean = (x: string) => e.node("ReduceMean", [x, e.ints([-1])], { keepdims: 1 });
      const scaled = e.node("Mul", [xhat, mean(e.node("Mul", [dy, xhat]))]);
      return e.node("Mul", [rstd, e.node("Sub", [e.node("Sub", [dy, mean(dy)]), scaled])]);
    },
    ...onceDifferentiable,
    onnx: {},
    cases: [
      {
        shapes: [
          [3, 8],
          [3, 8],
        ],
        attrs: { eps: 1e-5 },
      },
      {
        shapes: [
          [2, 70],
          [2, 70],
        ],
        attrs: { eps: 1e-5 },
      },
      {
        shapes: [
          [33, 72],
          [33, 72],
        ],
        attrs: { eps: 1e-5 },
      },
    ],
  }),
];
