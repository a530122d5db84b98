/** What values cost in memory and operations, from their operators and shapes alone. */
import { opDef } from "./operators";
import { sizeOf } from "./tensor";
import { isLeaf, type Value } from "./value";

/** Bytes of values that are stored as float32. */
export const bytesOf = (values: readonly Value[]): number => values.reduce((sum, v) => sum + 4 * sizeOf(v.shape), 0);

/**
 * Floating-point operations of matrix products and convolutions. All other operators count as 0.
 */
export const flopsOf = (values: readonly Value[]): number =>
  values.reduce((sum, v) => sum + (isLeaf(v) ? 0 : (opDef(v.op).flops?.(v.inputs, v.attrs, v.shape) ?? 0)), 0);
