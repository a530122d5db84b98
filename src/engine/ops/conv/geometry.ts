/** Sizes of a two-dimensional convolution, read from ONNX's attributes. */
import type { Attrs } from "../../graph/value";
import { ints, num, type OnnxNode, str } from "../define";

export interface Geometry {
  batch: number;
  inChannels: number;
  outChannels: number;
  /** Input and output height and width. */
  h: number;
  w: number;
  oh: number;
  ow: number;
  kh: number;
  kw: number;
  strideY: number;
  strideX: number;
  padTop: number;
  padLeft: number;
  dilationY: number;
  dilationX: number;
  group: number;
  /** Channels per group. */
  inPerGroup: number;
  outPerGroup: number;
}

/** Geometry of a convolution of x [B, I, H, W] with weights [O, I/group, KH, KW]. */
export function geometry(x: readonly number[], weight: readonly number[], attrs: Attrs): Geometry {
  const [strideY, strideX] = ints(attrs, "strides");
  const [padTop, padLeft, padBottom, padRight] = ints(attrs, "pads");
  const [dilationY, dilationX] = ints(attrs, "dilations");
  const group = num(attrs, "group");
  const [batch, inChannels, h, w] = x;
  const [outChannels, inPerGroup, kh, kw] = weight;
  return {
    batch,
    inChannels,
    outChannels,
    h,
    w,
    oh: Math.floor((h + padTop + padBottom - dilationY * (kh - 1) - 1) / strideY) + 1,
    ow: Math.floor((w + padLeft + padRight - dilationX * (kw - 1) - 1) / strideX) + 1,
    kh,
    kw,
    strideY,
    strideX,
    padTop,
    padLeft,
    dilationY,
    dilationX,
    group,
    inPerGroup,
    outPerGroup: outChannels / group,
  };
}

/**
 * strides, pads and dilations of a node over `spatial` axes, with auto_pad resolved for this input
 * size.
 */
export function readWindow(n: OnnxNode, spatial: readonly number[], kernel: readonly number[]) {
  const ones = spatial.map(() => 1);
  const strides = ints(n.attrs, "strides", ones);
  const dilations = ints(n.attrs, "dilations", ones);
  const autoPad = str(n.attrs, "auto_pad", "NOTSET");
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") {
    const begin: number[] = [];
    const end: number[] = [];
    spatial.forEach((size, i) => {
      const out = Math.ceil(size / strides[i]);
      const total = Math.max(0, (out - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 - size);
      const small = Math.floor(total / 2);
      begin.push(autoPad === "SAME_UPPER" ? small : total - small);
      end.push(autoPad === "SAME_UPPER" ? total - small : small);
    });
    return { strides, dilations, pads: [...begin, ...end] };
  }
  return {
    strides,
    dilations,
    pads: ints(
      n.attrs,
      "pads",
      spatial.flatMap(() => [0, 0]),
    ),
  };
}
