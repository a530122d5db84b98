/**
 * Elementwise functions of two tensors under NumPy broadcasting, and Where.
 * https://onnx.ai/onnx/operators/
 */
import { asBool, asFloat, defineOp, num, required } from "./define";
import { binary, broadcastAll, mapBroadcast } from "./elementwise";

/** 1 where the comparison holds, else 0. */
const compare = (type: string, operator: string, f: (a: number, b: number) => boolean) =>
  binary({
    type,
    f: (a, b) => (f(a, b) ? 1 : 0),
    wgsl: (a, b) => `select(T(0.0), T(1.0), ${a} ${operator} ${b})`,
    toOnnx: (e, a, b) => asFloat(e, e.node(type, [a, b])),
    dtype: "bool",
  });

/**
 * xᵖ for any sign of x: WGSL's pow is undefined below 0, where only whole exponents have a value.
 */
const powWgsl = (a: string, b: string) =>
  `select(pow(abs(${a}), ${b}), -pow(abs(${a}), ${b}), (${a} < T(0.0)) & (abs(${b} % T(2.0)) == T(1.0)))`;

export default [
  binary({
    type: "Add",
    f: (a, b) => a + b,
    wgsl: (a, b) => `(${a} + ${b})`,
    toOnnx: "same",
    d: [({ dy }) => dy, ({ dy }) => dy],
    neutral: { value: 0, sides: [0, 1] },
  }),
  binary({
    type: "Sub",
    f: (a, b) => a - b,
    wgsl: (a, b) => `(${a} - ${b})`,
    toOnnx: "same",
    d: [({ dy }) => dy, ({ b, dy }) => b.neg(dy)],
    neutral: { value: 0, sides: [1] },
  }),
  binary({
    type: "Mul",
    f: (a, b) => a * b,
    wgsl: (a, b) => `(${a} * ${b})`,
    toOnnx: "same",
    d: [({ b, y, dy }) => b.mul(dy, y), ({ b, x, dy }) => b.mul(dy, x)],
    neutral: { value: 1, sides: [0, 1] },
  }),
  binary({
    type: "Div",
    f: (a, b) => a / b,
    integer: (a, b) => Math.trunc(a / b),
    wgsl: (a, b) => `(${a} / ${b})`,
    toOnnx: "same",
    d: [({ b, y, dy }) => b.div(dy, y), ({ b, y, dy, out }) => b.neg(b.mul(dy, b.div(out, y)))],
    domain: [0.5, 3],
    neutral: { value: 1, sides: [1] },
  }),
  binary({
    type: "Pow",
    f: (a, b) => a ** b,
    wgsl: powWgsl,
    toOnnx: "same",
    d: [
      ({ b, x, y, dy }) => b.mul(dy, b.mul(y, b.op("Pow", [x, b.sub(y, b.scalar(1))]))),
      ({ b, x, dy, out }) => b.mul(dy, b.mul(out, b.op("Log", [x]))),
    ],
    domain: [0.5, 2],
  }),
  binary({
    type: "Max",
    f: Math.max,
    wgsl: (a, b) => `max(${a}, ${b})`,
    toOnnx: "same",
    d: [
      ({ b, x, y, dy }) => b.mul(dy, b.op("GreaterOrEqual", [x, y])),
      ({ b, x, y, dy }) => b.mul(dy, b.op("Less", [x, y])),
    ],
  }),
  binary({
    type: "Min",
    f: Math.min,
    wgsl: (a, b) => `min(${a}, ${b})`,
    toOnnx: "same",
    d: [
      ({ b, x, y, dy }) => b.mul(dy, b.op("LessOrEqual", [x, y])),
      ({ b, x, y, dy }) => b.mul(dy, b.op("Greater", [x, y])),
    ],
  }),
  // The remainder with the divisor's sign.
  binary({
    type: "Mod",
    f: (a, b) => a - b * Math.floor(a / b),
    wgsl: (a, b) => `(${a} - ${b} * floor(${a} / ${b}))`,
    toOnnx: (e, a, b) => e.node("Sub", [a, e.node("Mul", [b, e.node("Floor", [e.node("Div", [a, b])])])]),
    domain: [0.5, 3],
    // The whole quotient is constant almost everywhere.
    d: [({ dy }) => dy, ({ b, x, y, dy, out }) => b.neg(b.mul(dy, b.div(b.sub(x, out), y)))],
    onnx: (n) => n.b.op(num(n.attrs, "fmod", 0) === 1 ? "Remainder" : "Mod", [required(n, 0), required(n, 1)]),
  }),
  // The remainder with the dividend's sign: C's fmod.
  binary({
    type: "Remainder",
    f: (a, b) => a % b,
    wgsl: (a, b) => `(${a} % ${b})`,
    toOnnx: (e, a, b) => e.node("Mod", [a, b], { fmod: 1 }),
    domain: [0.5, 3],
    // The whole quotient is constant almost everywhere.
    d: [({ dy }) => dy, ({ b, x, y, dy, out }) => b.neg(b.mul(dy, b.div(b.sub(x, out), y)))],
    onnx: null,
  }),
  compare("Equal", "==", (a, b) => a === b),
  compare("Less", "<", (a, b) => a < b),
  compare("LessOrEqual", "<=", (a, b) => a <= b),
  compare("Greater", ">", (a, b) => a > b),
  compare("GreaterOrEqual", ">=", (a, b) => a >= b),
  binary({
    type: "And",
    f: (a, b) => (a && b ? 1 : 0),
    wgsl: (a, b) => `select(T(0.0), T(1.0), (${a} != T(0.0)) & (${b} != T(0.0)))`,
    toOnnx: (e, a, b) => asFloat(e, e.node("And", [asBool(e, a), asBool(e, b)])),
    dtype: "bool",
  }),
  binary({
    type: "Or",
    f: (a, b) => (a || b ? 1 : 0),
    wgsl: (a, b) => `select(T(0.0), T(1.0), (${a} != T(0.0)) | (${b} != T(0.0)))`,
    toOnnx: (e, a, b) => asFloat(e, e.node("Or", [asBool(e, a), asBool(e, b)])),
    dtype: "bool",
  }),
  binary({
    type: "Xor",
    f: (a, b) => (Boolean(a) !== Boolean(b) ? 1 : 0),
    wgsl: (a, b) => `select(T(0.0), T(1.0), (${a} != T(0.0)) != (${b} != T(0.0)))`,
    toOnnx: (e, a, b) => asFloat(e, e.node("Xor", [asBool(e, a), asBool(e, b)])),
    dtype: "bool",
  }),
  defineOp({
    type: "Where",
    kind: "elementwise",
    shape: (inputs) => ({ shape: broadcastAll("Where", inputs), dtype: inputs[1].dtype }),
    interpret: (inputs, _, shape) => mapBroadcast(inputs, shape, inputs[1].dtype, (c, a, b) => (c ? a : b)),
    wgsl: ([c, a, b]) => `select(${b}, ${a}, ${c} != T(0.0))`,
    toOnnx: ({ e, inputs: [c, a, b] }) => e.node("Where", [asBool(e, c), a, b]),
    nonDifferentiable: [0],
    vjp: ({ b, inputs: [c, x, y], dy, needs }) => [
      null,
      needs[1] ? b.reduceTo(b.op("Where", [c, dy, b.scalar(0)]), x.shape) : null,
      needs[2] ? b.reduceTo(b.op("Where", [c, b.scalar(0), dy]), y.shape) : null,
    ],
    onnx: { Where: (n) => n.b.op("Where", [required(n, 0), required(n, 1), required(n, 2)]) },
    cases: [{ shapes: [[3, 4], [3, 4], [4]] }],
  }),
];
