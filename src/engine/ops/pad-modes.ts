/**
 * ONNX's Pad in all its modes. Zeros are the adjoint of Slice, and another constant is added
 * outside the input. The modes reflect, edge and wrap repeat elements and become a Gather along
 * each padded axis. Negative pads crop. https://onnx.ai/onnx/operators/onnx__Pad.html
 */

import { sizeOf, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { constantInts, ints, normalizeAxis, num, type OnnxNode, type OnnxReader, required, str } from "./define";
import { gatherAxis } from "./gather";
import { unsupportedForm } from "./reshape";

/**
 * Source position of element `i` (0 at the axis's start, negative before it) on an axis of length
 * `d`.
 */
const padSources: Readonly<Record<string, (i: number, d: number) => number>> = {
  edge: (i, d) => Math.min(Math.max(i, 0), d - 1),
  wrap: (i, d) => ((i % d) + d) % d,
  reflect: (i, d) => {
    const period = Math.max(1, 2 * (d - 1));
    const at = ((i % period) + period) % period;
    return at < d ? at : period - at;
  },
};

/** The constant outside the padded input, 0 inside; axes that are not padded have length 1. */
function frame(x: Value, before: readonly number[], shape: readonly number[], fill: number) {
  const size = shape.map((d, i) => (d === x.shape[i] ? 1 : d));
  const data = new Float32Array(sizeOf(size)).fill(fill);
  const counter = size.map(() => 0);
  for (let at = 0; at < data.length; at++) {
    const inside = counter.every((c, i) => size[i] === 1 || (c >= before[i] && c < before[i] + x.shape[i]));
    if (inside) data[at] = 0;
    for (let axis = size.length - 1; axis >= 0 && ++counter[axis] === size[axis]; axis--) counter[axis] = 0;
  }
  return tensor(size, data);
}

/** Pads at the beginning and end of every axis. */
function readPads(n: OnnxNode, rank: number): { before: number[]; after: number[] } {
  const pads = constantInts(n.inputs[1], "Pad's pads") ?? ints(n.attrs, n.attrs.pads ? "pads" : "paddings");
  const given = constantInts(n.inputs[3], "Pad's axes") ?? Array.from({ length: rank }, (_, i) => i);
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  given.forEach((axis, k) => {
    before[normalizeAxis(axis, rank)] = pads[k];
    after[normalizeAxis(axis, rank)] = pads[given.length + k];
  });
  return { before, after };
}

const readPad: OnnxReader = (n) => {
  const { b } = n;
  const x = required(n, 0);
  const mode = str(n.attrs, "mode", "constant");
  const { before, after } = readPads(n, x.shape.length);
  const cropped = b.op("Slice", [x], {
    starts: before.map((p) => Math.max(0, -p)),
    steps: x.shape.map(() => 1),
    shape: x.shape.map((d, i) => d + Math.min(0, before[i]) + Math.min(0, after[i])),
  });
  const starts = before.map((p) => Math.max(0, p));
  const shape = cropped.shape.map((d, i) => d + starts[i] + Math.max(0, after[i]));
  if (mode === "constant") {
    const fill = n.inputs[2] ? constantInts(n.inputs[2], "Pad's value")![0] : num(n.attrs, "value", 0);
    const padded = b.op("Pad", [cropped], { starts, steps: shape.map(() => 1), shape });
    return fill === 0 || padded === cropped ? padded : b.add(padded, b.constant(frame(cropped, starts, shape, fill)));
  }
  const source = padSources[mode];
  if (!source) throw unsupportedForm(n, `mode ${mode}`);
  return shape.reduce<Value>((y, length, axis) => {
    const d = cropped.shape[axis];
    if (length === d) return y;
    return gatherAxis(
      b,
      y,
      axis,
      Array.from({ length }, (_, i) => source(i - starts[axis], d)),
    );
  }, cropped);
};

export const readers: Readonly<Record<string, OnnxReader>> = { Pad: readPad };
