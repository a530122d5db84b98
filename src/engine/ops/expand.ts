/**
 * Repetition along axes: Expand, with which Tile is written too.
 * https://onnx.ai/onnx/operators/onnx__Expand.html
 */
import { broadcastShapes, broadcastStrides, emptyTensor, forEachOffset, sameShape, sizeOf } from "../graph/tensor";
import { constantInts, defineOp, ints, required, shapeError } from "./define";
import { stridedCopy } from "./strided";

export default defineOp({
  type: "Expand",
  kind: "kernel",
  shape: (inputs, attrs) => {
    const wanted = ints(attrs, "shape");
    const shape = broadcastShapes(inputs[0].shape, wanted);
    if (!shape || !sameShape(shape, wanted))
      throw shapeError("Expand", inputs, `a shape that broadcasts to [${wanted}]`);
    return { shape, dtype: inputs[0].dtype };
  },
  interpret: ([x], _, shape) => {
    const out = emptyTensor(shape, x.dtype);
    forEachOffset(shape, [broadcastStrides(x.shape, shape)], (i, [o]) => {
      out.data[i] = x.data[o];
    });
    return out;
  },
  kernel: ({ inputs: [x], shape, names }) =>
    stridedCopy(names, shape, broadcastStrides(x.shape, shape), 0, sizeOf(x.shape)),
  toOnnx: ({ e, inputs: [x], shape }) => e.node("Expand", [x, e.ints(shape)]),
  simplify: (_, [x], __, shape) => (sameShape(x.shape, shape) ? x : null),
  vjp: ({ b, inputs: [x], dy }) => [b.reduceTo(dy, x.shape)],
  onnx: {
    Expand: (n) => {
      const x = required(n, 0);
      const wanted = constantInts(required(n, 1), "Expand's shape")!;
      return n.b.expand(x, broadcastShapes(x.shape, wanted) ?? wanted);
    },
    Tile: (n) => {
      const x = required(n, 0);
      const repeats = constantInts(required(n, 1), "Tile's repeats")!;
      const spaced = x.shape.flatMap((d) => [1, d]);
      const wide = x.shape.flatMap((d, i) => [repeats[i], d]);
      return n.b.reshape(
        n.b.expand(n.b.reshape(x, spaced), wide),
        x.shape.map((d, i) => d * repeats[i]),
      );
    },
  },
  cases: [
    { shapes: [[1, 4]], attrs: { shape: [3, 4] } },
    { shapes: [[2, 1, 3]], attrs: { shape: [2, 4, 3] } },
  ],
});
