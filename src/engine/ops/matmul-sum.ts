/**
 * A·B + C·D + …: one kernel adds up matrix products of equal size (as `MatMul`, of any inner size),
 * so that no partial sum goes through memory. `passes/join-products.ts` makes it; no file holds it.
 */

import { sameShape } from "../graph/tensor";
import type { Value } from "../graph/value";
import { defineOp, ints, shapeError } from "./define";
import { type Form, multiplied, pairGradients, pairNode, productFlops, sizes, sumKernel } from "./matmul/pair";

/** One for each pair of inputs. */
function formsOf(attrs: Value["attrs"]): Form[] {
  const [a, b] = ["transA", "transB"].map((name) => ints(attrs, name));
  return a.map((transA, t) => ({ transA: transA === 1, transB: b[t] === 1 }));
}

const pairOf = <T>(inputs: readonly T[], t: number) => inputs.slice(2 * t, 2 * t + 2);

export default defineOp({
  type: "MatMulSum",
  kind: "kernel",
  shape: (inputs, attrs) => {
    const forms = formsOf(attrs);
    const shapes = forms.map((form, t) => {
      const s = inputs.length === 2 * forms.length ? sizes(pairOf(inputs, t), form) : null;
      return s && [...s.batch, s.m, s.n];
    });
    const [first] = shapes;
    if (!first || !shapes.every((shape) => shape && sameShape(shape, first)))
      throw shapeError("MatMulSum", inputs, "pairs whose products are all of one shape");
    return { shape: first };
  },
  interpret: (inputs, attrs, shape) => {
    const [first, ...others] = formsOf(attrs).map((form, t) => multiplied(pairOf(inputs, t), form, shape));
    for (const { data } of others) for (let i = 0; i < data.length; i++) first.data[i] += data[i];
    return first;
  },
  kernel: ({ inputs, attrs, names }) => sumKernel(inputs, formsOf(attrs), names),
  flops: (inputs, attrs, shape) =>
    formsOf(attrs).reduce((sum, form, t) => sum + productFlops(pairOf(inputs, t), form, shape), 0),
  toOnnx: ({ e, inputs, shapes, attrs }) =>
    formsOf(attrs)
      .map((form, t) => pairNode(e, pairOf(inputs, t), pairOf(shapes, t), form))
      .reduce((sum, product) => e.node("Add", [sum, product])),
  vjp: ({ b, inputs, dy, attrs, needs }) =>
    formsOf(attrs).flatMap((form, t) => pairGradients(b, pairOf(inputs, t), form, dy, pairOf(needs, t))),
  onnx: {},
  cases: [
    {
      shapes: [
        [9, 12],
        [12, 8],
        [9, 8],
        [8, 8],
      ],
      attrs: { transA: [0, 0], transB: [0, 1] },
    },
    {
      shapes: [
        [2, 5, 7],
        [5, 6],
        [3, 7],
        [2, 3, 6],
        [2, 7, 4],
        [2, 6, 4],
      ],
      attrs: { transA: [1, 1, 0], transB: [0, 0, 1] },
    },
  ],
});
