/** Sums and maxima over axes, which stay with length 1; the ONNX family is written with them. https://onnx.ai/onnx/operators/ */
import type { Value } from "../ir/value";
import { emptyTensor, forEachOffset, sizeOf, stridesOf } from "../tensor";
import {
  defineOp,
  gridOf,
  ints,
  type KernelCode,
  type KernelSource,
  linearIndex,
  normalizeAxis,
  num,
  type OnnxReader,
  OPAQUE_ZERO,
  range,
  required,
  sizeClass,
} from "./define";
import { readAxes } from "./reshape";
import { offsetCode } from "./strided";

/**
 * Partial reductions of which one of so many numbers is made, combined as a tree; number k goes to part k modulo this. A power of
 * two; short ones are made in one go.
 */
const partsOf = (length: number) => (length < 256 ? 1 : length < 4096 ? 16 : 64);

/** Parts that an invocation works on at once when it has them all: fewer turns of loops. */
const AT_ONCE = 4;

/** Invocations of a workgroup. */
const INVOCATIONS = 64;

/** Kernels of a long reduction by name: the invocations that share one result, whose bits do not depend on them. */
const sharings = { alone: () => 1, eight: () => 8, all: partsOf } satisfies Record<string, (length: number) => number>;
type Sharing = keyof typeof sharings;

interface Reduction {
  /** Results, or quads of neighbouring ones. */
  outputs: number;
  /** Of a result or a quad of them. */
  type: "f32" | "vec4f";
  /** Numbers of one result. */
  length: number;
  /** WGSL that sets `base` to where the numbers of result `i` start. */
  base: string;
  /** WGSL that sets `value` to the number at an index of a result. */
  element: (k: string) => string;
  identity: string;
  combine: (a: string, b: string) => string;
}

const shortKernel = ({ outputs, type, length, base, element, identity, combine }: Reduction): KernelCode => ({
  body: `${linearIndex(outputs, INVOCATIONS)}
  ${base}
  var acc = ${type}(${identity});
  for (var k = ${OPAQUE_ZERO}; k < ${length}u; k++) { ${element("k")} acc = ${combine("acc", "value")}; }
  write(i, acc);`,
  workgroup: [INVOCATIONS, 1, 1],
  grid: gridOf(outputs, INVOCATIONS),
});

/** WGSL of the parts from `part` on, so many at once: each is given to `keep` with its number and value. */
function partial(r: Reduction, atOnce: number, keep: (part: string, value: string) => string): string {
  const parts = partsOf(r.length);
  const lanes = range(atOnce);
  const add = (lane: number) => `{ ${r.element(`k + ${lane}u`)} acc${lane} = ${r.combine(`acc${lane}`, "value")}; }`;
  const whole = r.length - (r.length % atOnce);
  return `${lanes.map((lane) => `var acc${lane} = ${r.type}(${r.identity});`).join(" ")}
    var k = part;
    for (; k < ${whole}u; k += ${parts}u) { ${lanes.map(add).join(" ")} }
    ${lanes.map((lane) => (whole + lane < r.length ? `if (k + ${lane}u < ${r.length}u) ${add(lane)}` : "")).join(" ")}
    ${lanes.map((lane) => keep(`part + ${lane}u`, `acc${lane}`)).join(" ")}`;
}

/** @param sharing invocations that share one result; neighbours are of neighbouring results, which lie side by side */
function longKernel(r: Reduction, sharing: number): KernelCode {
  const parts = partsOf(r.length);
  const results = INVOCATIONS / sharing;
  const grid = gridOf(r.outputs, results);
  const isAlone = sharing === 1;
  const at = (part: string) => (isAlone ? `partial[${part}]` : `partial[(${part}) * ${results}u + column]`);
  const barrier = isAlone ? "" : "workgroupBarrier();";
  const atOnce = isAlone ? AT_ONCE : 1;
  const each = (count: string, step: number, body: string) =>
    `for (var part = lid.x / ${results}u; part < ${count}; part += ${step}u) { ${body} }\n  ${barrier}`;
  return {
    ...(!isAlone && { declarations: `var<workgroup> partial: array<${r.type}, ${parts * results}>;` }),
    body: `let column = lid.x % ${results}u;
  let own = (wid.x + wid.y * ${grid[0]}u) * ${results}u + column;
  let i = min(own, ${r.outputs - 1}u);
  ${r.base}
  ${isAlone ? `var partial: array<${r.type}, ${parts}>;` : ""}
  ${each(
    `${parts}u`,
    sharing * atOnce,
    partial(r, atOnce, (part, value) => `${at(part)} = ${value};`),
  )}
  for (var half = ${parts / 2}u + ${OPAQUE_ZERO}; half > 0u; half = half / 2u) {
    ${each("half", sharing, `${at("part")} = ${r.combine(at("part"), at("part + half"))};`)}
  }
  if (lid.x < ${results}u && own < ${r.outputs}u) { write(i, ${at("0u")}); }`,
    workgroup: [INVOCATIONS, 1, 1],
    grid,
  };
}

/** One invocation for each result where these keep the device busy. */
const usual = (outputs: number): Sharing => (outputs >= 128 ? "alone" : "all");

function reduceKernel(
  x: readonly number[],
  axes: readonly number[],
  [name]: readonly string[],
  identity: string,
  combine: Reduction["combine"],
): KernelSource {
  const last = x.length - 1;
  // Along rows neighbouring numbers are of one result, along columns of several, which are read four at a time.
  const isRows = axes.includes(last);
  const unit = !isRows && x[last] % 4 === 0 ? 4 : 1;
  const own = stridesOf(x).map((s, axis) => (axis === last ? s : s / unit));
  const kept = x.map((d, axis) => (axes.includes(axis) ? 1 : axis === last ? d / unit : d));
  const dropped = x.map((d, axis) => (axes.includes(axis) ? d : 1));
  const [outputs, length] = [sizeOf(kept), sizeOf(dropped)];
  const base = offsetCode("base", "i", kept, own);
  const element = (k: string) => `let at = ${k}; ${offsetCode("o", "at", dropped, own)} let value = ${name}[base + o];`;
  const type = unit === 4 ? ("vec4f" as const) : ("f32" as const);
  const r: Reduction = { outputs, type, length, base, element, identity, combine };
  const types = [type, type];
  if (partsOf(length) === 1) return { types, ...shortKernel(r) };
  const first = usual(outputs);
  const make = (sharing: Sharing) => longKernel(r, sharings[sharing](length));
  const others = (Object.keys(sharings) as Sharing[]).filter((sharing) => sharing !== first);
  return {
    types,
    ...make(first),
    choice: {
      class: `reduce ${isRows ? "rows" : "columns"} ${sizeClass(outputs)}×${sizeClass(length)} ${unit}`,
      others: Object.fromEntries(others.map((sharing) => [sharing, () => make(sharing)])),
    },
  };
}

function reduction(
  type: string,
  identity: number,
  wgslIdentity: string,
  f: (a: number, b: number) => number,
  wgsl: (a: string, b: string) => string,
) {
  return {
    type,
    kind: "reduce" as const,
    shape: ([x]: readonly Value[], attrs: Value["attrs"]) => {
      const axes = ints(attrs, "axes");
      return { shape: x.shape.map((d, i) => (axes.includes(i) ? 1 : d)), dtype: x.dtype };
    },
    ref: (
      [x]: readonly { shape: readonly number[]; data: ArrayLike<number>; dtype: "f32" | "i64" | "bool" }[],
      attrs: Value["attrs"],
      shape: readonly number[],
    ) => {
      const axes = ints(attrs, "axes");
      const own = stridesOf(shape);
      const sums = new Float64Array(sizeOf(shape)).fill(identity);
      const strides = x.shape.map((_, i) => (axes.includes(i) ? 0 : own[i]));
      forEachOffset(x.shape, [strides], (i, [o]) => {
        sums[o] = f(sums[o], x.data[i]);
      });
      const out = emptyTensor(shape, x.dtype);
      out.data.set(sums);
      return out;
    },
    kernel: ({ inputs: [x], attrs, names }: Parameters<NonNullable<ReturnType<typeof defineOp>["kernel"]>>[0]) =>
      reduceKernel(x.shape, ints(attrs, "axes"), names, wgslIdentity, wgsl),
    simplify: (_: unknown, [x]: readonly Value[], attrs: Value["attrs"]) =>
      ints(attrs, "axes").every((a) => x.shape[a] === 1) ? x : null,
    cases: [
      { shapes: [[3, 5]], attrs: { axes: [1] } },
      { shapes: [[6, 4]], attrs: { axes: [0] } },
      { shapes: [[2, 3, 4]], attrs: { axes: [0, 2] } },
      { shapes: [[4, 300]], attrs: { axes: [1] } },
      { shapes: [[3, 259]], attrs: { axes: [1] } },
      { shapes: [[260, 5]], attrs: { axes: [0] } },
      { shapes: [[2, 131, 136]], attrs: { axes: [0, 1] } },
      { shapes: [[2, 4097]], attrs: { axes: [1] } },
      { shapes: [[4100, 4]], attrs: { axes: [0] } },
    ],
  };
}

/** Reads Reduce*: `map` before the sum, `after` the sum (given the number of elements summed). */
const readReduce =
  (
    type: "ReduceSum" | "ReduceMax" | "ReduceProd",
    before: (b: Parameters<OnnxReader>[0]["b"], x: Value) => Value = (_, x) => x,
    after: (b: Parameters<OnnxReader>[0]["b"], y: Value, count: number) => Value = (_, y) => y,
  ): OnnxReader =>
  (n) => {
    const x = required(n, 0);
    const given = readAxes(n, 1);
    if (num(n.attrs, "noop_with_empty_axes", 0) === 1 && !given?.length) return x;
    const axes = (given?.length ? given : x.shape.map((_, i) => i)).map((a) => normalizeAxis(a, x.shape.length));
    const y = after(
      n.b,
      n.b.op(type, [before(n.b, x)], { axes }),
      axes.reduce((c, a) => c * x.shape[a], 1),
    );
    if (num(n.attrs, "keepdims", 1) === 1) return y;
    return n.b.reshape(
      y,
      x.shape.filter((_, i) => !axes.includes(i)),
    );
  };

const square: NonNullable<Parameters<typeof readReduce>[1]> = (b, x) => b.mul(x, x);
const mean: NonNullable<Parameters<typeof readReduce>[2]> = (b, y, count) => b.scale(y, 1 / count);
const negate: NonNullable<Parameters<typeof readReduce>[1]> = (b, x) => b.neg(x);

/** Global average pooling: mean over all axes after the channel. */
const readGlobalAverage: OnnxReader = (n) => {
  const x = required(n, 0);
  const axes = x.shape.map((_, i) => i).slice(2);
  return mean(
    n.b,
    n.b.sum(x, axes),
    axes.reduce((c, a) => c * x.shape[a], 1),
  );
};

export default [
  defineOp({
    ...reduction(
      "ReduceSum",
      0,
      "0.0",
      (a, b) => a + b,
      (a, b) => `${a} + ${b}`,
    ),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceSum", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    vjp: ({ b, inputs: [x], dy }) => [b.expand(dy, x.shape)],
    onnx: {
      ReduceSum: readReduce("ReduceSum"),
      ReduceMean: readReduce("ReduceSum", undefined, mean),
      ReduceSumSquare: readReduce("ReduceSum", square),
      ReduceL2: readReduce("ReduceSum", square, (b, y) => b.op("Sqrt", [y])),
      ReduceL1: readReduce("ReduceSum", (b, x) => b.op("Abs", [x])),
      ReduceLogSum: readReduce("ReduceSum", undefined, (b, y) => b.op("Log", [y])),
      ReduceLogSumExp: readReduce(
        "ReduceSum",
        (b, x) => b.op("Exp", [x]),
        (b, y) => b.op("Log", [y]),
      ),
      GlobalAveragePool: readGlobalAverage,
    },
  }),
  defineOp({
    ...reduction("ReduceMax", -Infinity, "-3.4028234e38", Math.max, (a, b) => `max(${a}, ${b})`),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceMax", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    // Elements that equal the maximum share its cotangent, as in torch.amax.
    vjp: ({ b, inputs: [x], y, dy, attrs }) => {
      const isMost = b.op("ToFloat", [b.op("Equal", [x, y])]);
      return [b.mul(isMost, b.div(dy, b.sum(isMost, ints(attrs, "axes"))))];
    },
    onnx: {
      ReduceMax: readReduce("ReduceMax"),
      ReduceMin: readReduce("ReduceMax", negate, (b, y) => b.neg(y)),
    },
  }),
  defineOp({
    ...reduction(
      "ReduceProd",
      1,
      "1.0",
      (a, b) => a * b,
      (a, b) => `${a} * ${b}`,
    ),
    toOnnx: ({ e, inputs: [x], attrs }) => e.node("ReduceProd", [x, e.ints(ints(attrs, "axes"))], { keepdims: 1 }),
    // The product of the other elements, which is a quotient where none is zero.
    vjp: ({ b, inputs: [x], y, dy }) => [b.div(b.mul(dy, y), x)],
    onnx: { ReduceProd: readReduce("ReduceProd") },
  }),
];
