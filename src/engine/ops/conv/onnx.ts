/**
 * Writes the gradients of a convolution with ONNX's own operators: a transposed convolution, and a
 * convolution over other axes.
 */
import type { Attrs } from "../../graph/value";
import { ints, num, type OnnxEmitter } from "../define";
import type { Geometry } from "./geometry";

/** The attributes that Conv and ConvTranspose share. */
export const windowOf = (attrs: Attrs) => ({
  strides: ints(attrs, "strides"),
  pads: ints(attrs, "pads"),
  dilations: ints(attrs, "dilations"),
  group: num(attrs, "group"),
});

/** dx from dy and weights; `output_padding` counts the pixels at the end that no window reached. */
export function gradInputNodes(
  e: OnnxEmitter,
  inputs: readonly string[],
  dy: readonly number[],
  weight: readonly number[],
  attrs: Attrs,
  shape: readonly number[],
): string {
  const window = windowOf(attrs);
  const { strides, pads, dilations } = window;
  const reached = [0, 1].map(
    (i) => (dy[2 + i] - 1) * strides[i] + dilations[i] * (weight[2 + i] - 1) + 1 - pads[i] - pads[2 + i],
  );
  return e.node("ConvTranspose", inputs, { ...window, output_padding: reached.map((r, i) => shape[2 + i] - r) });
}

/**
 * Computes dw from x and dy: dw[o, i, ky, kx] = Σ dy[n, o, oy, ox] · x[n, i, oy·stride +
 * ky·dilation − pad, …]. This is a convolution that sums over images as others do over channels.
 * The channels of x count as images, dy is the kernel, and stride and dilation swap.
 */
export function gradWeightNodes(e: OnnxEmitter, [x, dy]: readonly string[], g: Geometry): string {
  const { batch, group, inPerGroup, outChannels, h, w, kh, kw } = g;
  const reshape = (v: string, shape: readonly number[]) => e.node("Reshape", [v, e.ints(shape)]);
  const grouped = e.node("Transpose", [reshape(x, [batch, group, inPerGroup, h, w])], { perm: [2, 1, 0, 3, 4] });
  const images = reshape(grouped, [inPerGroup, group * batch, h, w]);
  const kernel = e.node("Transpose", [dy], { perm: [1, 0, 2, 3] });
  // The padding at the end gives the result exactly the kernel's size. Negative padding crops.
  const end = (size: number, begin: number, k: number, dilation: number, out: number, stride: number) =>
    dilation * (k - 1) + stride * (out - 1) + 1 - size - begin;
  const bottom = end(h, g.padTop, kh, g.dilationY, g.oh, g.strideY);
  const right = end(w, g.padLeft, kw, g.dilationX, g.ow, g.strideX);
  const padded = e.node("Pad", [images, e.ints([0, 0, g.padTop, g.padLeft, 0, 0, bottom, right])]);
  const sums = e.node("Conv", [padded, kernel], {
    group,
    strides: [g.dilationY, g.dilationX],
    dilations: [g.strideY, g.strideX],
    pads: [0, 0, 0, 0],
  });
  return e.node("Transpose", [reshape(sums, [inPerGroup, outChannels, kh, kw])], { perm: [1, 0, 2, 3] });
}
