/**
 * ScatterND and ScatterElements with constant indices. The readers clear the addressed places of
 * the data (or keep them, to add to) and add the updates there.
 * https://onnx.ai/onnx/operators/onnx__ScatterND.html, …onnx__ScatterElements.html
 */

import { sizeOf, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { normalizeAxis, num, type OnnxNode, type OnnxReader, required, str } from "./define";
import { gatherAxis, indexTensor, scatterAxis } from "./gather";
import { elementPositions, knownIndices, rowPositions } from "./gather-nd";
import { unsupportedForm } from "./reshape";

/** The last update of each place, since the last one wins. */
function lastUpdates(rows: readonly number[]): { kept: number[]; places: number[] } {
  const last = new Map(rows.map((row, k) => [row, k]));
  return { kept: [...last.values()], places: [...last.keys()] };
}

/** @param rows the row of `inner` elements that each update takes, in the data seen as rows */
function scatter(n: OnnxNode, data: Value, updates: Value, rows: readonly number[], inner: number): Value {
  const { b } = n;
  const reduction = str(n.attrs, "reduction", "none");
  if (reduction !== "none" && reduction !== "add") throw unsupportedForm(n, `reduction ${reduction}`);
  if (rows.length === 0) return data;
  const count = sizeOf(data.shape) / inner;
  const table = b.reshape(data, [count, inner]);
  const given = b.reshape(updates, [rows.length, inner]);
  const add = (parts: Value, places: readonly number[]) =>
    scatterAxis(b, parts, 0, b.constant(indexTensor(places)), count);
  if (reduction === "add") return b.reshape(b.add(table, add(given, rows)), data.shape);
  const { kept, places } = lastUpdates(rows);
  const final = kept.length === rows.length ? given : gatherAxis(b, given, 0, kept);
  const touched = new Float64Array(count);
  for (const place of places) touched[place] = 1;
  const replaced = b.constant(tensor([count, 1], touched, "bool"));
  return b.reshape(b.op("Where", [replaced, add(final, places), table]), data.shape);
}

const readScatterNd: OnnxReader = (n) => {
  const data = required(n, 0);
  const { rows, inner } = rowPositions(data.shape, knownIndices(n));
  return scatter(n, data, required(n, 2), rows, inner);
};

const readScatterElements: OnnxReader = (n) => {
  const data = required(n, 0);
  const axis = normalizeAxis(num(n.attrs, "axis", 0), data.shape.length);
  return scatter(n, data, required(n, 2), elementPositions(data.shape, axis, knownIndices(n)), 1);
};

export const readers: Readonly<Record<string, OnnxReader>> = {
  ScatterND: readScatterNd,
  ScatterElements: readScatterElements,
  Scatter: readScatterElements,
};
