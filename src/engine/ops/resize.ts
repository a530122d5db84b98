/**
 * Resize is linear and separable: along each axis a product with a constant matrix of interpolation
 * weights, so it needs no kernel and no gradient of its own.
 * https://onnx.ai/onnx/operators/onnx__Resize.html
 */
import { RadaptError } from "../../base/error";
import { assertShape, emptyTensor, MAX_FOLDED, type Tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { constantInts, ints, normalizeAxis, num, type OnnxReader, required, str } from "./define";

interface Mode {
  mode: string;
  coordinates: string;
  nearest: string;
  cubicA: number;
  excludeOutside: boolean;
  /** Widens the kernel where the image shrinks, as Pillow does. */
  antialias: boolean;
}

const MODES = ["nearest", "linear", "cubic"];
const COORDINATES = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_half_pixel_for_nn",
];

/**
 * Position in the input of the centre of output element `i`, in float32 because runtimes decide
 * ties there.
 */
function sourceOf(i: number, from: number, to: number, scale: number, coordinates: string): number {
  const scaled = (at: number) => Math.fround(at / Math.fround(scale));
  if (coordinates === "asymmetric") return scaled(i);
  if (coordinates === "tf_half_pixel_for_nn") return scaled(i + 0.5);
  // Rounding the length down does not move the centre.
  if (coordinates === "half_pixel_symmetric") return from / 2 - scaled(to) / 2 + scaled(i + 0.5) - 0.5;
  if (coordinates === "align_corners") return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
  if (coordinates === "pytorch_half_pixel" && to === 1) return 0;
  return Math.fround(scaled(i + 0.5) - 0.5);
}

function nearestOf(x: number, rule: string): number {
  if (rule === "floor") return Math.floor(x);
  if (rule === "ceil") return Math.ceil(x);
  return rule === "round_prefer_ceil" ? Math.floor(x + 0.5) : Math.ceil(x - 0.5);
}

function cubicWeights(t: number, a: number): number[] {
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** Weight at distance `d`, in units of the kernel. */
function kernelWeight(d: number, { mode, cubicA }: Mode): number {
  const x = Math.abs(d);
  if (mode === "linear") return Math.max(0, 1 - x);
  if (x >= 2) return 0;
  return x < 1 ? cubicWeights(x, cubicA)[1] : cubicWeights(x - 1, cubicA)[0];
}

/** Elements that the widened kernel reaches, also beyond the edges, with weights that sum to 1. */
function smoothTaps(i: number, scale: number, m: Mode): [number, number][] {
  const shrink = Math.min(1, scale);
  const centre = (i + 0.5) / scale;
  const reach = (m.mode === "linear" ? 1 : 2) / shrink;
  const first = Math.floor(centre - reach + 0.5);
  const count = Math.floor(centre + reach + 0.5) - first;
  const weights = Array.from({ length: count }, (_, k) => kernelWeight((first + k + 0.5 - centre) * shrink, m));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w, k) => [first + k, w / total]);
}

/** Elements that output element `i` reads and their weights. */
function interpolationTaps(i: number, from: number, to: number, scale: number, m: Mode): [number, number][] {
  if (m.antialias && m.mode !== "nearest") return smoothTaps(i, scale, m);
  const x = sourceOf(i, from, to, scale, m.coordinates);
  if (m.mode === "nearest") return [[nearestOf(x, m.nearest), 1]];
  const floor = Math.floor(x);
  const weights = m.mode === "linear" ? [1 - (x - floor), x - floor] : cubicWeights(x - floor, m.cubicA);
  const first = m.mode === "linear" ? floor : floor - 1;
  return weights.map((w, k) => [first + k, w]);
}

/** Interpolation weights [to, from] along one axis. */
export function resizeMatrix(from: number, to: number, scale: number, m: Mode): Tensor {
  assertShape("Resize", [to, from], MAX_FOLDED);
  const out = emptyTensor([to, from]);
  for (let i = 0; i < to; i++) {
    const taps = interpolationTaps(i, from, to, scale, m);
    const kept = m.excludeOutside ? taps.filter(([at]) => at >= 0 && at < from) : taps;
    const total = m.excludeOutside ? kept.reduce((s, [, w]) => s + w, 0) : 1;
    for (const [at, w] of kept) out.data[i * from + Math.min(Math.max(at, 0), from - 1)] += w / total;
  }
  return out;
}

/** y[…, to, …] = Σ matrix[to, from] · x[…, from, …] along one axis. */
export function alongAxis(b: GraphWriter, x: Value, axis: number, matrix: Tensor): Value {
  const perm = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const back = x.shape.map((_, i) => (i === axis ? x.shape.length - 1 : i < axis ? i : i - 1));
  const moved = b.transpose(x, [...perm, axis]);
  return b.transpose(b.linear(moved, b.constant(matrix), true), back);
}

const readResize: OnnxReader = (n) => {
  const x = required(n, 0);
  const old = n.opType === "Upsample" || n.opset < 11;
  const rank = x.shape.length;
  const axes = n.attrs.axes ? ints(n.attrs, "axes").map((a) => normalizeAxis(a, rank)) : null;
  /** A value for each axis, from one for each of the node's axes. */
  const spread = (list: number[], absent: readonly number[]) =>
    axes ? absent.map((value, axis) => (axes.includes(axis) ? list[axes.indexOf(axis)] : value)) : list;
  const known = (index: number, what: string) => {
    const list = constantInts(n.inputs[index], `Resize's ${what}`);
    return list && list.length > 0 ? list : null;
  };
  const givenScales = old && n.attrs.scales ? [...ints(n.attrs, "scales")] : known(old ? 1 : 2, "scales");
  const givenSizes = old ? null : known(3, "sizes");
  const scales =
    givenScales &&
    spread(
      givenScales,
      x.shape.map(() => 1),
    );
  const sizes = givenSizes && spread(givenSizes, x.shape);
  const shape = sizes ?? x.shape.map((d, i) => Math.floor(d * (scales?.[i] ?? 1)));
  const mode: Mode = {
    mode: str(n.attrs, "mode", "nearest"),
    coordinates: old ? "asymmetric" : str(n.attrs, "coordinate_transformation_mode", "half_pixel"),
    nearest: old ? "floor" : str(n.attrs, "nearest_mode", "round_prefer_floor"),
    cubicA: num(n.attrs, "cubic_coeff_a", -0.75),
    excludeOutside: num(n.attrs, "exclude_outside", 0) === 1,
    antialias: num(n.attrs, "antialias", 0) === 1,
  };
  const isKeptAspect = str(n.attrs, "keep_aspect_ratio_policy", "stretch") !== "stretch";
  if (!MODES.includes(mode.mode) || !COORDINATES.includes(mode.coordinates) || isKeptAspect) {
    throw new RadaptError(`Resize in mode ${mode.mode}, ${mode.coordinates} is not supported`, {
      code: "onnx.unsupported-form",
      expected: `${MODES.join(", ")}; ${COORDINATES.join(", ")}; no aspect ratio kept`,
    });
  }
  let y: Value = x;
  shape.forEach((to, axis) => {
    const from = x.shape[axis];
    const scale = sizes || !scales ? to / from : scales[axis];
    if (to === from && scale === 1) return;
    y = alongAxis(n.b, y, axis, resizeMatrix(from, to, scale, mode));
  });
  return y;
};

export const readers: Readonly<Record<string, OnnxReader>> = { Resize: readResize, Upsample: readResize };
