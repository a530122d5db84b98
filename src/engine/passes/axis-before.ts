/** Follows an axis of a result back to the operand. */
import type { Value } from "../graph/value";

/**
 * The axis of the input of `v` that becomes `axis` of `v` unchanged, or null where there is none.
 */
export function axisBefore(v: Value, axis: number): number | null {
  const [x] = v.inputs;
  if (v.op === "Transpose") return (v.attrs.perm as readonly number[])[axis];
  if (v.op !== "Reshape") return axis;
  const rest = (shape: readonly number[], from: number) => shape.slice(from + 1).reduce((a, d) => a * d, 1);
  const found = x.shape.findIndex((d, i) => d === v.shape[axis] && rest(x.shape, i) === rest(v.shape, axis));
  return found < 0 ? null : found;
}
