/**
 * Finds which rows of a fused projection compute q, k and v. It follows the product through sums,
 * views and transposes to the slices that split it, and from the slices to the attention that reads
 * them.
 */

import type { Layer } from "../backbone/layer";
import { sizeOf } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
import { opDef } from "../ops";

/** Rows [from, from + count) of a projection's outputs. */
export interface Rows {
  from: number;
  count: number;
}
export type FusedPart = "q" | "k" | "v";

/** A value on the way, with the axis that counts the projection's outputs in groups of `rows`. */
interface Cursor {
  value: Value;
  axis: number;
  rows: number;
}

/** The cursor after a reader that keeps the channels in order, or null. */
function follow({ value, axis, rows }: Cursor, reader: Value): Cursor | null {
  if (reader.op === "Transpose") return { value: reader, axis: (reader.attrs.perm as number[]).indexOf(axis), rows };
  if (reader.op === "Reshape") {
    const before = sizeOf(value.shape.slice(0, axis));
    for (let a = 0, lead = 1; a < reader.shape.length; lead *= reader.shape[a++]) {
      const [from, to] = [value.shape[axis], reader.shape[a]];
      if (lead === before && to > 1 && from % to === 0) return { value: reader, axis: a, rows: (rows * from) / to };
    }
    return null;
  }
  const keeps = opDef(reader.op).kind === "elementwise" && reader.shape.join() === value.shape.join();
  return keeps ? { value: reader, axis, rows } : null;
}

/** The slices along the channels, with the rows that each takes. */
function slicesOf(layer: Layer, productAxis: number, consumers: ReadonlyMap<Value, Value[]>): Map<Value, Rows> {
  const slices = new Map<Value, Rows>();
  const queue: Cursor[] = [{ value: layer.product, axis: productAxis, rows: 1 }];
  for (let cursor = queue.pop(); cursor; cursor = queue.pop()) {
    for (const reader of consumers.get(cursor.value) ?? []) {
      const { axis, rows, value } = cursor;
      if (reader.op === "Slice" && reader.shape[axis] < value.shape[axis]) {
        const start = (reader.attrs.starts as number[])[axis];
        slices.set(reader, { from: start * rows, count: reader.shape[axis] * rows });
      } else {
        const next = follow(cursor, reader);
        if (next) queue.push(next);
      }
    }
  }
  return slices;
}

/** The first product of two computed values that depends on `start`. */
function nextProduct(start: Value, consumers: ReadonlyMap<Value, Value[]>): Value | null {
  const queue = [start];
  const seen = new Set<Value>();
  for (let v = queue.shift(); v; v = queue.shift()) {
    for (const reader of consumers.get(v) ?? []) {
      if (reader.op === "MatMul") return reader;
      if (!seen.has(reader)) queue.push(reader);
      seen.add(reader);
    }
  }
  return null;
}

/**
 * The ranges of rows of q, k and v. Returns null where the projection does not split into three
 * ranges for attention.
 */
export function fusedRows(
  layer: Layer & { productAxis: number },
  consumers: ReadonlyMap<Value, Value[]>,
): Record<FusedPart, Rows> | null {
  const slices = slicesOf(layer, layer.productAxis, consumers);
  if (slices.size !== 3) return null;
  const products = [...slices.keys()].map((s) => nextProduct(s, consumers));
  // q and k meet in the product of the scores. v meets their softmax in another product.
  const meeting = products.find((s) => s && products.filter((other) => other === s).length === 2);
  if (!meeting) return null;
  const behind = meeting.inputs.map((v) => new Set(topological([v])));
  const parts: Partial<Record<FusedPart, Rows>> = {};
  [...slices].forEach(([slice, rows], i) => {
    parts[products[i] !== meeting ? "v" : behind[0].has(slice) ? "q" : "k"] = rows;
  });
  return parts.q && parts.k && parts.v ? (parts as Record<FusedPart, Rows>) : null;
}
