/** How close a device's optimisation steps must be to PyTorch's (tools/reference). */
import { FLOAT32_EPSILON } from "../../base/closeness";
import type { NamedTensor } from "../types";
import type { Pair } from "./row";
import type { ReferenceCase } from "./stored-cases";

/** Largest relative difference from PyTorch that Radapt allows, element by element. */
export const STEP_TOLERANCE = 1e-3;

/**
 * Float32 rounding errors of a tensor's largest number that the sums of a few layers may add to its
 * small numbers.
 */
const ROUNDINGS = 84;
/** Smallest absolute tolerance. It matters where all numbers of a tensor are nearly zero. */
const MIN_ATOL = 1e-9;

const isTrained = ({ name }: NamedTensor) => name !== "loss" && name !== "logits" && !name.startsWith("grad.");
const largestMagnitude = (data: ArrayLike<number>) =>
  Array.from(data).reduce((most, x) => Math.max(most, Number.isFinite(x) ? Math.abs(x) : 0), 0);

/**
 * Pairs an expected tensor with the device's. If the case has the initial values of a trained
 * tensor, this compares what training changed: the values alone would hide a step in the wrong
 * direction.
 */
export function comparePair(c: ReferenceCase, want: NamedTensor, got: NamedTensor | undefined): Pair {
  const start = isTrained(want) ? c.initial.find(({ name }) => name === want.name)?.data : undefined;
  const since = (data: Float32Array) => (start ? Float64Array.from(data, (x, i) => x - start[i]) : data);
  const change = since(want.data);
  const atol = Math.max(ROUNDINGS * FLOAT32_EPSILON * largestMagnitude(change), MIN_ATOL);
  // Each step rounds the stored values.
  const stored = start ? c.args.steps * FLOAT32_EPSILON : 0;
  return {
    label: start ? `change of ${want.name}` : want.name,
    got: got?.shape.join() === want.shape.join() ? since(got.data) : undefined,
    want: change,
    atol: Float64Array.from(want.data, (x) => atol + stored * Math.abs(x)),
    skip: c.args.illConditioned[want.name.replace(/^grad\./, "")],
  };
}
