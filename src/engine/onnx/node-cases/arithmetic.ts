/** Elementwise functions, products, reductions and softmax. */
import { b, each, f, float, i, type NodeCase, type NodeInput, w, x } from "./case";

const table = x(3, 4, 5);
const positive = [0.3, 3] as const;

const plain = [
  "Abs",
  "Neg",
  "Sign",
  "Floor",
  "Ceil",
  "Exp",
  "Sin",
  "Cos",
  "Erf",
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Relu",
];
const activations = ["HardSwish", "Softsign", "LeakyRelu", "HardSigmoid", "Elu", "Selu", "Celu", "ThresholdedRelu"];
const reductions = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"];

const binary = (op: string, domain?: readonly [number, number]): NodeCase[] => [
  { op, domain, inputs: [table, x(3, 4, 5)] },
  { op, domain, inputs: [table, w(4, 1)] },
  { op, domain, inputs: [x(2, 1, 5), x(4, 1)] },
  { op, domain, inputs: [table, w()] },
];

const einsums: [string, ...NodeInput[]][] = [
  ["ij,jk->ik", x(3, 4), w(4, 5)],
  ["bhid,bhjd->bhij", x(2, 3, 4, 5), x(2, 3, 6, 5)],
  ["bhij,bhjd->bhid", x(2, 3, 4, 6), x(2, 3, 6, 5)],
  ["bij,jk", x(2, 3, 4), w(4, 5)],
  ["ij->ji", x(3, 4)],
  ["bij->b", x(2, 3, 4)],
  ["ij", x(4, 3)],
  ["i,j->ij", x(3), x(4)],
  ["i,i->", x(5), x(5)],
  ["bij,bk->ijk", x(2, 3, 4), x(2, 5)],
  ["bhwc,hkc->bhwk", x(2, 3, 4, 5), w(3, 6, 5)],
  ["...ij,...jk->...ik", x(2, 3, 4), x(2, 4, 5)],
  ["...ij,jk->...ik", x(2, 6, 3, 4), w(4, 5)],
  ["ij,jk,kl->il", x(2, 3), w(3, 4), w(4, 5)],
];

export const cases: NodeCase[] = [
  ...[...plain, ...activations, "Round"].map((op) => ({ op, inputs: [table] })),
  ...["Log", "Sqrt", "Reciprocal"].map((op) => ({ op, inputs: [table], domain: positive })),
  { op: "LeakyRelu", inputs: [table], attrs: { alpha: float(0.3) } },
  { op: "Elu", inputs: [table], attrs: { alpha: float(0.7) } },
  { op: "Celu", inputs: [table], attrs: { alpha: float(2) } },
  { op: "Selu", inputs: [table], attrs: { alpha: float(1.5), gamma: float(1.25) } },
  { op: "HardSigmoid", inputs: [table], attrs: { alpha: float(1 / 6), beta: float(0.5) } },
  { op: "ThresholdedRelu", inputs: [table], attrs: { alpha: float(0.5) } },
  ...each({ op: "Gelu", opset: 20, inputs: [table] }, {}, { approximate: "tanh" }),
  { op: "Mish", opset: 18, inputs: [table] },
  ...["BiasGelu", "FastGelu"].map((op) => ({ op, vendor: true, inputs: [table, w(5)] })),
  ...each({ op: "QuickGelu", vendor: true, inputs: [table] }, {}, { alpha: float(1) }),
  { op: "PRelu", inputs: [table, w(4, 1)] },
  ...[
    [null, f([1], [])],
    [f([-1], []), null],
    [f([-1], []), f([0.5], [])],
  ].map((bounds) => ({
    op: "Clip",
    inputs: [table, ...bounds],
  })),
  { op: "Clip", opset: 9, inputs: [table], attrs: { min: float(0), max: float(1) } },
  { op: "IsNaN", inputs: [f([1, Number.NaN, 0])] },
  { op: "IsInf", inputs: [f([1, Infinity, -Infinity])] },
  ...["Add", "Sub", "Mul"].flatMap((op) => binary(op)),
  ...binary("Div", positive),
  ...binary("Pow", positive),
  ...[0, 1, 2, 3, 0.5].map((p) => ({
    op: "Pow",
    inputs: [table, f([p], [])],
    domain: p === 0.5 ? positive : undefined,
  })),
  ...["Max", "Min", "Sum", "Mean"].flatMap((op) => [
    { op, inputs: [table, x(3, 4, 5), w(5)] },
    { op, inputs: [table] },
  ]),
  { op: "Mod", inputs: [table, w(3, 4, 5)], attrs: { fmod: 1 } },
  ...each({ op: "Mod", inputs: [i([-5, 5, 7, -7]), i([3, -3, 4, 4])] }, {}, { fmod: 1 }),
  { op: "Div", inputs: [i([-7, 7, 9]), i([2, 2, -4])] },
  ...["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"].map((op) => ({ op, inputs: [table, w(3, 1, 5)] })),
  ...["And", "Or", "Xor"].map((op) => ({ op, inputs: [b([1, 1, 0, 0]), b([1, 0, 1, 0])] })),
  { op: "Not", inputs: [b([1, 0])] },
  { op: "MatMul", inputs: [x(2, 3, 4), w(4, 5)] },
  { op: "MatMul", inputs: [x(2, 3, 4), x(2, 4, 5)] },
  { op: "MatMul", inputs: [x(3, 4), x(2, 4, 5)] },
  { op: "MatMul", inputs: [x(2, 1, 3, 4), x(5, 4, 2)] },
  { op: "MatMul", inputs: [x(4), x(2, 4, 5)] },
  { op: "MatMul", inputs: [x(2, 3, 4), w(4)] },
  { op: "MatMul", inputs: [x(4), w(4)] },
  ...each(
    { op: "Gemm", inputs: [x(4, 4), w(4, 4), w(4)] },
    {},
    { transA: 1 },
    { transB: 1 },
    { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  ),
  ...[w(1), w(3, 1), w(3, 5), w()].map((c) => ({ op: "Gemm", inputs: [x(3, 4), w(4, 5), c] })),
  { op: "Gemm", inputs: [x(3, 4), w(4, 5)] },
  ...einsums.map(([equation, ...inputs]) => ({ op: "Einsum", inputs, attrs: { equation } })),
  ...["Softmax", "LogSoftmax"].flatMap((op) => [
    ...each({ op, inputs: [table], domain: [-30, 30] as const }, {}, { axis: 1 }, { axis: 0 }, { axis: -2 }),
    ...each({ op, opset: 11, inputs: [table] }, {}, { axis: 0 }, { axis: 1 }, { axis: 2 }, { axis: -1 }),
    { op, inputs: [x(6)], attrs: { axis: 0 } },
  ]),
  ...reductions.flatMap((name) => {
    const op = `Reduce${name}`;
    const domain = name === "LogSum" || name === "Prod" ? positive : undefined;
    const asInput = { op, domain, opset: 18 };
    return [
      ...(name === "Sum"
        ? []
        : each({ op, domain, inputs: [table] }, {}, { axes: [1] }, { axes: [-1, 0], keepdims: 0 })),
      { ...asInput, inputs: [table, i([1])] },
      { ...asInput, inputs: [table, i([-1, 0])], attrs: { keepdims: 0 } },
      { ...asInput, inputs: [table], attrs: { keepdims: 0 } },
    ];
  }),
  { op: "ReduceSum", inputs: [table], attrs: { noop_with_empty_axes: 1 } },
  { op: "ReduceMean", opset: 18, inputs: [table], attrs: { noop_with_empty_axes: 1 } },
  { op: "ReduceSum", opset: 11, inputs: [table], attrs: { axes: [2] } },
];
