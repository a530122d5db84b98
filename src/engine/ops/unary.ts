/** Elementwise functions of one tensor. https://onnx.ai/onnx/operators/ */
import { asBool, asFloat, constant, constantInts, num, type OnnxReader, required } from "./define";
import { literal, unary } from "./elementwise";

/**
 * The error function by Abramowitz & Stegun 7.1.26, with its Taylor series near 0; |error| < 2e-7.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.3) {
    const x2 = x * x;
    return 1.1283791670955126 * x * (1 - x2 / 3 + (x2 * x2) / 10 - (x2 * x2 * x2) / 42 + (x2 * x2 * x2 * x2) / 216);
  }
  const t = 1 / (1 + 0.3275911 * a);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-a * a));
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * WGSL promises sin and cos to 2⁻¹¹ only, absolutely.
 * https://www.w3.org/TR/WGSL/#floating-point-accuracy
 */
const TRIG = 2 ** -11;

/** Bounds of Clip: inputs since opset 11, attributes before. An absent bound is infinite. */
const readClip: OnnxReader = (n) => {
  const bound = (index: number, name: string, absent: number) =>
    n.inputs[index] ? constantInts(n.inputs[index], `Clip's ${name}`)![0] : num(n.attrs, name, absent);
  return n.b.op("Clip", [required(n, 0)], { min: bound(1, "min", -Infinity), max: bound(2, "max", Infinity) });
};

/** 1 where the condition holds, else 0, as a WGSL expression. */
const indicator = (condition: string) => `select(T(0.0), T(1.0), ${condition})`;

export default [
  unary({
    type: "Copy",
    f: (x) => x,
    wgsl: (x) => x,
    d: ({ dy }) => dy,
    onnx: null,
    toOnnx: (e, x) => e.node("Identity", [x]),
  }),
  unary({ type: "Neg", f: (x) => -x, wgsl: (x) => `(-${x})`, d: ({ b, dy }) => b.neg(dy), toOnnx: "same" }),
  unary({
    type: "Abs",
    f: Math.abs,
    wgsl: (x) => `abs(${x})`,
    d: ({ b, x, dy }) => b.mul(dy, b.op("Sign", [x])),
    toOnnx: "same",
  }),
  unary({ type: "Sign", f: Math.sign, wgsl: (x) => `sign(${x})`, toOnnx: "same" }),
  unary({ type: "Floor", f: Math.floor, wgsl: (x) => `floor(${x})`, toOnnx: "same" }),
  unary({ type: "Ceil", f: Math.ceil, wgsl: (x) => `ceil(${x})`, toOnnx: "same" }),
  unary({
    type: "Trunc",
    f: Math.trunc,
    wgsl: (x) => `trunc(${x})`,
    onnx: null,
    dtype: "i64",
    toOnnx: (e, x) => e.node("Mul", [e.node("Sign", [x]), e.node("Floor", [e.node("Abs", [x])])]),
  }),
  // Halves round to the even neighbour.
  unary({
    type: "Round",
    f: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
    wgsl: (x) => `round(${x})`,
    toOnnx: "same",
  }),
  unary({
    type: "IsNaN",
    f: (x) => (Number.isNaN(x) ? 1 : 0),
    wgsl: (x) => indicator(`${x} != ${x}`),
    dtype: "bool",
    toOnnx: (e, x) => asFloat(e, e.node("IsNaN", [x])),
  }),
  unary({
    type: "IsInf",
    f: (x) => (Math.abs(x) === Infinity ? 1 : 0),
    wgsl: (x) => indicator(`abs(${x}) > T(3.4028234e38)`),
    dtype: "bool",
    toOnnx: (e, x) => asFloat(e, e.node("IsInf", [x])),
  }),
  unary({ type: "Exp", f: Math.exp, wgsl: (x) => `exp(${x})`, d: ({ b, y, dy }) => b.mul(dy, y), toOnnx: "same" }),
  unary({
    type: "Log",
    f: Math.log,
    wgsl: (x) => `log(${x})`,
    d: ({ b, x, dy }) => b.div(dy, x),
    domain: [0.5, 3],
    toOnnx: "same",
  }),
  unary({
    type: "Sqrt",
    f: Math.sqrt,
    wgsl: (x) => `sqrt(${x})`,
    toOnnx: "same",
    d: ({ b, y, dy }) => b.div(b.scale(dy, 0.5), y),
    domain: [0.5, 3],
  }),
  unary({
    type: "Reciprocal",
    f: (x) => 1 / x,
    wgsl: (x) => `(T(1.0) / ${x})`,
    toOnnx: "same",
    d: ({ b, y, dy }) => b.neg(b.mul(dy, b.mul(y, y))),
    domain: [0.5, 3],
  }),
  unary({
    type: "Sin",
    f: Math.sin,
    wgsl: (x) => `sin(${x})`,
    toOnnx: "same",
    d: ({ b, x, dy }) => b.mul(dy, b.op("Cos", [x])),
    absolute: TRIG,
  }),
  unary({
    type: "Cos",
    f: Math.cos,
    wgsl: (x) => `cos(${x})`,
    toOnnx: "same",
    d: ({ b, x, dy }) => b.neg(b.mul(dy, b.op("Sin", [x]))),
    absolute: TRIG,
  }),
  unary({
    type: "Erf",
    f: erf,
    wgsl: (x) => `erf_(${x})`,
    toOnnx: "same",
    d: ({ b, x, dy }) => b.mul(dy, b.scale(b.op("Exp", [b.neg(b.mul(x, x))]), 2 / Math.sqrt(Math.PI))),
  }),
  unary({
    type: "Tanh",
    f: Math.tanh,
    wgsl: (x) => `tanh(clamp(${x}, T(-15.0), T(15.0)))`,
    toOnnx: "same",
    d: ({ b, y, dy }) => b.mul(dy, b.sub(b.scalar(1), b.mul(y, y))),
  }),
  unary({
    type: "Sigmoid",
    f: sigmoid,
    wgsl: (x) => `(T(1.0) / (T(1.0) + exp(-${x})))`,
    toOnnx: "same",
    d: ({ b, y, dy }) => b.mul(dy, b.mul(y, b.sub(b.scalar(1), y))),
  }),
  unary({
    type: "Softplus",
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    wgsl: (x) => `(max(${x}, T(0.0)) + log(T(1.0) + exp(-abs(${x}))))`,
    toOnnx: "same",
    d: ({ b, x, dy }) => b.mul(dy, b.op("Sigmoid", [x])),
  }),
  unary({
    type: "Relu",
    f: (x) => Math.max(x, 0),
    wgsl: (x) => `max(${x}, T(0.0))`,
    toOnnx: "same",
    d: ({ b, y, dy }) => b.mul(dy, b.op("Sign", [y])),
  }),
  unary({
    type: "LeakyRelu",
    attrs: { alpha: 0.1 },
    f: (x, { alpha }) => (x < 0 ? x * (alpha as number) : x),
    wgsl: (x, { alpha }) => `select(${x}, ${x} * ${literal(alpha as number)}, ${x} < T(0.0))`,
    toOnnx: (e, x, { alpha }) => e.node("LeakyRelu", [x], { alpha: { float: alpha as number } }),
    d: ({ b, x, dy, attrs }) => {
      const positive = b.op("InRange", [x], { min: 0, max: Infinity });
      const slope = b.add(b.scale(positive, 1 - (attrs.alpha as number)), b.scalar(attrs.alpha as number));
      return b.mul(dy, slope);
    },
    onnx: (n) => n.b.op("LeakyRelu", [required(n, 0)], { alpha: num(n.attrs, "alpha", 0.01) }),
  }),
  unary({
    type: "Clip",
    attrs: { min: -1, max: 1.5 },
    f: (x, { min, max }) => Math.min(Math.max(x, min as number), max as number),
    wgsl: (x, { min, max }) => `clamp(${x}, ${literal(min as number)}, ${literal(max as number)})`,
    toOnnx: (e, x, { min, max }) => e.node("Clip", [x, constant(e, min as number), constant(e, max as number)]),
    d: ({ b, x, dy, attrs }) => b.mul(dy, b.op("InRange", [x], attrs)),
    onnx: readClip,
  }),
  unary({
    // 1 strictly inside (min, max), else 0. This is the derivative of Clip.
    type: "InRange",
    attrs: { min: -1, max: 1.5 },
    f: (x, { min, max }) => (x > (min as number) && x < (max as number) ? 1 : 0),
    wgsl: (x, { min, max }) =>
      `(${indicator(`${x} > ${literal(min as number)}`)} * ${indicator(`${x} < ${literal(max as number)}`)})`,
    toOnnx: (e, x, { min, max }) => {
      const above = e.node("Greater", [x, constant(e, min as number)]);
      return asFloat(e, e.node("And", [above, e.node("Less", [x, constant(e, max as number)])]));
    },
    onnx: null,
  }),
  unary({
    type: "HardSigmoid",
    attrs: { alpha: 0.2, beta: 0.5 },
    f: (x, { alpha, beta }) => Math.max(0, Math.min(1, (alpha as number) * x + (beta as number))),
    wgsl: (x, { alpha, beta }) =>
      `clamp(${x} * ${literal(alpha as number)} + ${literal(beta as number)}, T(0.0), T(1.0))`,
    toOnnx: (e, x, { alpha, beta }) =>
      e.node("HardSigmoid", [x], { alpha: { float: alpha as number }, beta: { float: beta as number } }),
    d: ({ b, y, dy, attrs }) => b.mul(dy, b.scale(b.op("InRange", [y], { min: 0, max: 1 }), attrs.alpha as number)),
    onnx: (n) =>
      n.b.op("HardSigmoid", [required(n, 0)], { alpha: num(n.attrs, "alpha", 0.2), beta: num(n.attrs, "beta", 0.5) }),
  }),
  unary({
    type: "Not",
    f: (x) => (x ? 0 : 1),
    wgsl: (x) => indicator(`${x} == T(0.0)`),
    toOnnx: (e, x) => asFloat(e, e.node("Not", [asBool(e, x)])),
    dtype: "bool",
  }),
];
