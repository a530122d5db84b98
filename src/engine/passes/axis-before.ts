/** Follows one axis of a result back to its operand. */
import type { Value } from "../graph/value";

/** The axis of `v`'s input that becomes `axis` of `v` unmixed, or null. */
export function axisBefore(v: Value, axis: number): number | null {
  const [x] = v.inputs;
  if (v.op === "Transpose") return (v.attrs.perm as readonly number[])[axis];
  if (v.op !== "Reshape") return axis;
  const rest = (shape: readonly number[], from: number) => shape.slice(from + 1).reduce((a, d) => a * d, 1);
  const found = x.shape.findIndex((d, i) => d === v.shape[axis] && rest(x.shape, i) === rest(v.shape, axis));
  return found < 0 ? null : found;
}
