/**
 * GatherElements and GatherND with constant indices: a Gather of single elements or of whole rows.
 * https://onnx.ai/onnx/operators/onnx__GatherElements.html, …onnx__GatherND.html
 */

import { forEachOffset, sizeOf, stridesOf, type Tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { constantInts, normalizeAxis, num, type OnnxNode, type OnnxReader, required } from "./define";
import { gatherAxis } from "./gather";
import { unsupportedForm } from "./reshape";

/** Indices are float32 numbers at run time. */
const MAX_INDEX = 2 ** 24;

/** Elements (or rows of `inner` elements) of `x` in row-major order, picked by position. */
function take(n: OnnxNode, x: Value, inner: number, positions: readonly number[], shape: readonly number[]): Value {
  const rows = sizeOf(x.shape) / inner;
  if (rows > MAX_INDEX) throw unsupportedForm(n, `more than ${MAX_INDEX} elements to choose from`);
  return n.b.reshape(gatherAxis(n.b, n.b.reshape(x, [rows, inner]), 0, positions), shape);
}

/**
 * Row-major positions in `data` that GatherElements and ScatterElements address: the index replaces
 * one coordinate.
 */
export function elementPositions(data: readonly number[], axis: number, indices: Tensor): number[] {
  const own = stridesOf(data);
  const along = own.map((s, i) => (i === axis ? 0 : s));
  const positions = new Array<number>(indices.data.length);
  forEachOffset(indices.shape, [along], (i, [rest]) => {
    const at = indices.data[i];
    positions[i] = rest + (at < 0 ? at + data[axis] : at) * own[axis];
  });
  return positions;
}

/**
 * Rows that the index tuples of GatherND and ScatterND address, counted in rows. The first `batch`
 * axes are shared.
 */
export function rowPositions(data: readonly number[], indices: Tensor, batch = 0): { rows: number[]; inner: number } {
  const depth = indices.shape[indices.shape.length - 1];
  const tuples = indices.data.length / depth;
  const perBatch = tuples / sizeOf(data.slice(0, batch));
  const addressed = data.slice(batch, batch + depth);
  const rows = Array.from({ length: tuples }, (_, t) => {
    let row = Math.floor(t / perBatch);
    addressed.forEach((d, k) => {
      const at = indices.data[t * depth + k];
      row = row * d + (at < 0 ? at + d : at);
    });
    return row;
  });
  return { rows, inner: sizeOf(data.slice(batch + depth)) };
}

/** The indices of a node, which must be constant. */
export function knownIndices(n: OnnxNode): Tensor {
  const given = required(n, 1);
  constantInts(given, `${n.opType}'s indices`);
  return given.data!;
}

const readGatherElements: OnnxReader = (n) => {
  const x = required(n, 0);
  const indices = knownIndices(n);
  const axis = normalizeAxis(num(n.attrs, "axis", 0), x.shape.length);
  return take(n, x, 1, elementPositions(x.shape, axis, indices), indices.shape);
};

const readGatherNd: OnnxReader = (n) => {
  const x = required(n, 0);
  const indices = knownIndices(n);
  const batch = num(n.attrs, "batch_dims", 0);
  const { rows, inner } = rowPositions(x.shape, indices, batch);
  const depth = indices.shape[indices.shape.length - 1];
  return take(n, x, inner, rows, [...indices.shape.slice(0, -1), ...x.shape.slice(batch + depth)]);
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  GatherElements: readGatherElements,
  GatherND: readGatherNd,
};
