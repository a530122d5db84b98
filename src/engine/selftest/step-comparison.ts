/** How near to PyTorch's numbers (tools/reference) those of the same optimisation steps must be. */
import { FLOAT32_EPSILON } from "../../base/closeness";
import type { NamedTensor } from "../types";
import type { Pair } from "./row";
import type { ReferenceCase } from "./stored-cases";

/** Relative agreement with PyTorch that Radapt promises, element by element. */
export const STEP_TOLERANCE = 1e-3;

/** Roundings of a tensor's largest number that a few layers' sums add up to in its small ones. */
const ROUNDINGS = 84;
/** Below this an error is none, where all numbers of a tensor are next to zero. */
const MIN_ATOL = 1e-9;

const isTrained = ({ name }: NamedTensor) => name !== "loss" && name !== "logits" && !name.startsWith("grad.");
const largestMagnitude = (data: ArrayLike<number>) =>
  Array.from(data).reduce((most, x) => Math.max(most, Number.isFinite(x) ? Math.abs(x) : 0), 0);

/**
 * The pair of one expected tensor and what the device gave. A trained tensor whose initial values
 * the case gives is compared by what training changed: its values alone would hide a step in the
 * wrong direction.
 */
export function comparePair(c: ReferenceCase, want: NamedTensor, got: NamedTensor | undefined): Pair {
  const start = isTrained(want) ? c.initial.find(({ name }) => name === want.name)?.data : undefined;
  const since = (data: Float32Array) => (start ? Float64Array.from(data, (x, i) => x - start[i]) : data);
  const change = since(want.data);
  const atol = Math.max(ROUNDINGS * FLOAT32_EPSILON * largestMagnitude(change), MIN_ATOL);
  // Each step stores the values rounded.
  const stored = start ? c.args.steps * FLOAT32_EPSILON : 0;
  return {
    label: start ? `change of ${want.name}` : want.name,
    got: got?.shape.join() === want.shape.join() ? since(got.data) : undefined,
    want: change,
    atol: Float64Array.from(want.data, (x) => atol + stored * Math.abs(x)),
    skip: c.args.illConditioned[want.name.replace(/^grad\./, "")],
  };
}
