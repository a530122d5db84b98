/**
 * Attention that stores no matrix of queries by keys: softmax(q·kᵀ·scale)·v and its gradients. They
 * compute the scores again from each query's logarithm of the sum of exponentials.
 * FlashAttention-2, arXiv 2307.08691.
 *
 * Its backward pass costs about twice the arithmetic. It replaces plain attention only where the
 * matrices would not fit (`passes/fuse-attention.ts`).
 */
import { sameShape, sizeOf } from "../../graph/tensor";
import { defineOp, num, type OnnxArgs, type OpDef, onceDifferentiable, shapeError } from "../define";
import { forwardKernel, type Gradient, gradientKernel, logSumKernel } from "./kernel";
import { attention, logSums, operandGradient } from "./reference";
import { matrixOf } from "./walk";

/** Whether the kernels can take these shapes: they read the rows of q, k and v by quads. */
export function readsByQuads(q: readonly number[], k: readonly number[], v: readonly number[]): boolean {
  const lead = q.slice(0, -2);
  const isEven = [q, k, v].every((shape) => shape.length >= 2 && shape.at(-1)! % 4 === 0);
  const isOne = [k, v].every((shape) => sameShape(shape.slice(0, -2), lead));
  return isEven && isOne && q.at(-1) === k.at(-1) && k.at(-2) === v.at(-2);
}

const attentionFlops = (queries: readonly number[], keys: readonly number[], widths: number) =>
  2 * sizeOf(queries.slice(0, -1)) * keys.at(-2)! * widths;

const transposedOperand = ({ e }: OnnxArgs, x: string, rank: number) =>
  e.node("Transpose", [x], { perm: [...Array(rank - 2).keys(), rank - 1, rank - 2] });

/** q·kᵀ·scale in nodes of ONNX. */
function onnxScores(args: OnnxArgs): string {
  const { e, inputs, shapes, attrs } = args;
  const scores = e.node("MatMul", [inputs[0], transposedOperand(args, inputs[1], shapes[1].length)]);
  return e.node("Mul", [scores, e.floats([], [num(attrs, "scale")])]);
}

const onnxWeights = (args: OnnxArgs, logSum: string) =>
  args.e.node("Exp", [args.e.node("Sub", [onnxScores(args), logSum])]);

/** Shapes of q, k, v, dy, logSum and delta. */
const caseOf = (lead: readonly number[], queries: number, keys: number, width: number, valueWidth: number) => {
  const of = (rows: number, columns: number) => [...lead, rows, columns];
  const given = [of(queries, width), of(keys, width), of(keys, valueWidth)];
  return [...given, of(queries, valueWidth), of(queries, 1), of(queries, 1)];
};

const cases = [caseOf([2], 5, 3, 4, 8), caseOf([2, 3], 37, 70, 8, 4), caseOf([1], 33, 65, 64, 36)];

const casesOf = (...inputs: readonly number[]) =>
  cases.map((shapes) => ({
    shapes: inputs.map((i) => shapes[i]),
    attrs: { scale: 0.5 },
    domain: [-0.7, 0.7] as const,
    // WGSL ties the precision of an exponential to its argument, so sums of them need a wider
    // tolerance.
    tolerance: 5e-5,
  }));

/** One of the gradients; `walk` names the operands of its kernel. */
function gradientOp(
  side: "Query" | "Key",
  walk: (
    names: readonly string[],
    shapes: readonly (readonly number[])[],
  ) => Pick<Gradient, "own" | "walkedRows" | "scores" | "cotangents" | "walksQueries" | "added" | "width">,
): OpDef {
  const own = side === "Query" ? 0 : 1;
  return defineOp({
    type: `FusedAttentionGrad${side}`,
    kind: "kernel",
    shape: (inputs) => ({ shape: [...inputs[own].shape] }),
    interpret: (inputs, attrs, shape) => operandGradient(side, inputs, num(attrs, "scale"), shape),
    kernel: ({ inputs, names, attrs }) => {
      const walked = walk(
        names,
        inputs.map((v) => v.shape),
      );
      return {
        types: ["vec4f", "vec4f", "vec4f", "vec4f", "f32", "f32", "vec4f"],
        ...gradientKernel(`attention gradient ${side}`, { ...walked, scale: num(attrs, "scale"), logSum: names[4] }),
      };
    },
    flops: ([q, k, v]) => attentionFlops(q.shape, k.shape, 2 * q.shape.at(-1)! + v.shape.at(-1)!),
    toOnnx: (args) => {
      const { e, inputs, shapes, attrs } = args;
      const [q, k, v, dy, logSum, delta] = inputs;
      const slopes = e.node("Sub", [e.node("MatMul", [dy, transposedOperand(args, v, shapes[2].length)]), delta]);
      const scores = e.node("Mul", [
        e.node("Mul", [onnxWeights(args, logSum), slopes]),
        e.floats([], [num(attrs, "scale")]),
      ]);
      return side === "Query"
        ? e.node("MatMul", [scores, k])
        : e.node("MatMul", [transposedOperand(args, scores, shapes[0].length), q]);
    },
    ...onceDifferentiable,
    onnx: {},
    cases: casesOf(0, 1, 2, 3, 4, 5),
  });
}

export default [
  defineOp({
    type: "FusedAttention",
    kind: "kernel",
    shape: (inputs) => {
      const [q, k, v] = inputs.map((x) => x.shape);
      if (!readsByQuads(q, k, v))
        throw shapeError(
          "FusedAttention",
          inputs,
          "q [..., M, D], k [..., N, D] and v [..., N, E], with D and E multiples of 4",
        );
      return { shape: [...q.slice(0, -1), v.at(-1)!] };
    },
    interpret: (inputs, attrs, shape) => attention(inputs, num(attrs, "scale"), shape),
    kernel: ({ inputs: [q, , v], names, attrs }) =>
      forwardKernel(matrixOf(q.shape), matrixOf(v.shape), num(attrs, "scale"), names),
    flops: ([q, k, v]) => attentionFlops(q.shape, k.shape, q.shape.at(-1)! + v.shape.at(-1)!),
    toOnnx: (args) => args.e.node("MatMul", [args.e.node("Softmax", [onnxScores(args)], { axis: -1 }), args.inputs[2]]),
    vjp: ({ b, inputs: [q, k, v], y, dy, attrs }) => {
      const logSum = b.op("FusedAttentionLogSum", [q, k], attrs);
      // Σ over keys of weight · slope.
      const delta = b.sum(b.mul(dy, y), [y.shape.length - 1]);
      return [
        b.op("FusedAttentionGradQuery", [q, k, v, dy, logSum, delta], attrs),
        b.op("FusedAttentionGradKey", [q, k, v, dy, logSum, delta], attrs),
        b.op("FusedAttentionGradValue", [q, k, dy, logSum], attrs),
      ];
    },
    onnx: {},
    cases: casesOf(0, 1, 2),
  }),
  defineOp({
    type: "FusedAttentionLogSum",
    kind: "kernel",
    shape: ([q]) => ({ shape: [...q.shape.slice(0, -1), 1] }),
    interpret: (inputs, attrs, shape) => logSums(inputs, num(attrs, "scale"), shape),
    kernel: ({ inputs: [q, k], names, attrs }) =>
      logSumKernel(matrixOf(q.shape), k.shape.at(-2)!, num(attrs, "scale"), names),
    flops: ([q, k]) => attentionFlops(q.shape, k.shape, q.shape.at(-1)!),
    toOnnx: (args) => args.e.node("ReduceLogSumExp", [onnxScores(args), args.e.ints([-1])], { keepdims: 1 }),
    ...onceDifferentiable,
    onnx: {},
    cases: casesOf(0, 1),
  }),
  gradientOp("Query", ([q, k, v, dy, , delta], [queries, keys, values]) => ({
    own: matrixOf(queries),
    walkedRows: keys.at(-2)!,
    walksQueries: false,
    scores: { own: q, walked: k },
    cotangents: { own: dy, walked: v, width: values.at(-1)!, delta },
    added: k,
    width: keys.at(-1)!,
  })),
  gradientOp("Key", ([q, k, v, dy, , delta], [queries, keys, values]) => ({
    own: matrixOf(keys),
    walkedRows: queries.at(-2)!,
    walksQueries: true,
    scores: { own: k, walked: q },
    cotangents: { own: v, walked: dy, width: values.at(-1)!, delta },
    added: q,
    width: queries.at(-1)!,
  })),
  defineOp({
    type: "FusedAttentionGradValue",
    kind: "kernel",
    shape: ([, k, dy]) => ({ shape: [...k.shape.slice(0, -1), dy.shape.at(-1)!] }),
    interpret: ([q, k, dy, logSum], attrs, shape) =>
      operandGradient("Value", [q, k, dy, dy, logSum, logSum], num(attrs, "scale"), shape),
    kernel: ({ inputs: [q, k, dy], names, attrs }) => ({
      types: ["vec4f", "vec4f", "vec4f", "f32", "vec4f"],
      ...gradientKernel("attention gradient Value", {
        own: matrixOf(k.shape),
        walkedRows: q.shape.at(-2)!,
        walksQueries: true,
        scale: num(attrs, "scale"),
        logSum: names[3],
        scores: { own: names[1], walked: names[0] },
        added: names[2],
        width: dy.shape.at(-1)!,
      }),
    }),
    flops: ([q, k, dy]) => attentionFlops(q.shape, k.shape, q.shape.at(-1)! + dy.shape.at(-1)!),
    toOnnx: (args) => {
      const [, , dy, logSum] = args.inputs;
      return args.e.node("MatMul", [transposedOperand(args, onnxWeights(args, logSum), args.shapes[0].length), dy]);
    },
    ...onceDifferentiable,
    onnx: {},
    cases: casesOf(0, 1, 3, 4),
  }),
];
