/** Permutation of axes. https://onnx.ai/onnx/operators/onnx__Transpose.html */
import { emptyTensor, forEachOffset, sizeOf, stridesOf } from "../graph/tensor";
import { defineOp, ints, required } from "./define";
import { stridedCopy } from "./strided";

/** A permutation that keeps the order of all axes longer than 1 leaves memory as it is. */
function movesNothing(shape: readonly number[], perm: readonly number[]): boolean {
  const long = perm.filter((p) => shape[p] !== 1);
  return long.every((p, i) => i === 0 || p > long[i - 1]);
}

export default defineOp({
  type: "Transpose",
  kind: "kernel",
  shape: ([x], attrs) => ({ shape: ints(attrs, "perm").map((p) => x.shape[p]), dtype: x.dtype }),
  interpret: ([x], attrs, shape) => {
    const out = emptyTensor(shape, x.dtype);
    const own = stridesOf(x.shape);
    const strides = ints(attrs, "perm").map((p) => own[p]);
    forEachOffset(shape, [strides], (i, [o]) => {
      out.data[i] = x.data[o];
    });
    return out;
  },
  kernel: ({ inputs: [x], shape, attrs, names }) => {
    const own = stridesOf(x.shape);
    const strides = ints(attrs, "perm").map((p) => own[p]);
    return stridedCopy(names, shape, strides, 0, sizeOf(x.shape));
  },
  permutation: (attrs, shape) => {
    const own = stridesOf(shape);
    const perm = ints(attrs, "perm");
    return perm.map((_, axis) => own[perm.indexOf(axis)]);
  },
  toOnnx: ({ e, inputs: [x], attrs }) => e.node("Transpose", [x], { perm: ints(attrs, "perm") }),
  simplify: (b, [x], attrs, shape) => {
    const perm = ints(attrs, "perm");
    if (movesNothing(x.shape, perm)) return b.reshape(x, shape);
    if (x.op !== "Transpose") return null;
    const inner = ints(x.attrs, "perm");
    return b.transpose(
      x.inputs[0],
      perm.map((axis) => inner[axis]),
    );
  },
  vjp: ({ b, dy, attrs }) => {
    const perm = ints(attrs, "perm");
    return [
      b.transpose(
        dy,
        perm.map((_, i) => perm.indexOf(i)),
      ),
    ];
  },
  onnx: {
    Transpose: (n) => {
      const x = required(n, 0);
      return n.b.transpose(
        x,
        ints(
          n.attrs,
          "perm",
          x.shape.map((_, i) => x.shape.length - 1 - i),
        ),
      );
    },
  },
  cases: [
    { shapes: [[2, 3, 4]], attrs: { perm: [2, 0, 1] } },
    { shapes: [[2, 3, 4, 8]], attrs: { perm: [0, 2, 1, 3] } },
  ],
});
