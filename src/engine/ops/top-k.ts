/**
 * TopK of constant numbers. Its result depends on the data's order, so a gradient would move with
 * the data. https://onnx.ai/onnx/operators/onnx__TopK.html
 */
import { emptyTensor, sizeOf } from "../graph/tensor";
import { constantInts, normalizeAxis, num, type OnnxReader, required } from "./define";

const readTopK: OnnxReader = (n) => {
  const x = required(n, 0);
  constantInts(x, "TopK's input");
  const axis = normalizeAxis(num(n.attrs, "axis", -1), x.shape.length);
  const k = n.inputs[1] ? constantInts(n.inputs[1], "TopK's k")![0] : num(n.attrs, "k");
  const sign = num(n.attrs, "largest", 1) === 1 ? -1 : 1;
  const shape = x.shape.map((d, i) => (i === axis ? k : d));
  const values = emptyTensor(shape, x.dtype);
  const indices = emptyTensor(shape, "i64");
  const { data } = x.data!;
  const [length, inner] = [x.shape[axis], sizeOf(x.shape.slice(axis + 1))];
  for (let lane = 0; lane < data.length / length; lane++) {
    const [outer, column] = [Math.floor(lane / inner), lane % inner];
    const at = (j: number) => (outer * length + j) * inner + column;
    const order = Array.from({ length }, (_, j) => j).sort((a, b) => sign * (data[at(a)] - data[at(b)]) || a - b);
    for (let j = 0; j < k; j++) {
      const to = (outer * k + j) * inner + column;
      values.data[to] = data[at(order[j])];
      indices.data[to] = order[j];
    }
  }
  return [n.b.constant(values), n.b.constant(indices)];
};

export const readers: Readonly<Record<string, OnnxReader>> = { TopK: readTopK };
