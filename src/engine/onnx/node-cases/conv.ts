/** Convolutions, pools and normalisations. */
import { each, f, float, type NodeCase, w, x } from "./case";

const image = x(2, 4, 9, 8);
const conv = (kernel: number[], outs = 6, inPerGroup = 4) => ({
  op: "Conv",
  inputs: [image, w(outs, inPerGroup, ...kernel), w(outs)],
});
const pool = (op: string, opset = 17) => ({ op, opset, inputs: [image] });
const pooling: Record<string, number | string | number[]>[] = [
  { kernel_shape: [2, 2] },
  { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 0, 0, 1] },
  { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "SAME_LOWER" },
  { kernel_shape: [3, 3], auto_pad: "VALID" },
  { kernel_shape: [9, 8] },
];
const perChannel = [w(4), w(4)];
const variance = f([0.5, 1.5, 0.25, 2]);

export const cases: NodeCase[] = [
  ...each(
    conv([3, 3]),
    {},
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    { strides: [2, 2], pads: [1, 1, 1, 1] },
    { strides: [2, 1], pads: [0, 1, 2, 0] },
    { dilations: [2, 3], pads: [2, 3, 2, 3] },
    { strides: [3, 3] },
    { auto_pad: "SAME_UPPER", strides: [2, 2] },
    { auto_pad: "SAME_LOWER", strides: [2, 2] },
    { auto_pad: "SAME_LOWER" },
    { auto_pad: "VALID" },
  ),
  ...each(conv([1, 1]), {}, { strides: [2, 2] }, { pads: [1, 1, 1, 1] }),
  ...each(conv([2, 4]), { strides: [2, 4] }, { strides: [2, 4], pads: [1, 0, 0, 0] }),
  ...each(conv([7, 7], 4, 1), { group: 4, pads: [3, 3, 3, 3] }, { group: 4, strides: [2, 2], auto_pad: "SAME_UPPER" }),
  ...each(conv([3, 3], 8, 2), { group: 2, pads: [1, 1, 1, 1] }, { group: 2, strides: [2, 2] }),
  ...each(conv([1, 1], 4, 1), { group: 4 }),
  ...each({ op: "Conv", inputs: [image, w(8, 1, 3, 3)] }, { group: 4 }),
  ...each(
    { op: "Conv", inputs: [x(2, 4, 11), w(6, 4, 3), w(6)] },
    {},
    { strides: [2], pads: [1, 2] },
    { dilations: [3], pads: [3, 3] },
    { auto_pad: "SAME_UPPER", strides: [2] },
  ),
  ...each({ op: "Conv", inputs: [x(2, 4, 11), w(4, 1, 5)] }, { group: 4, pads: [2, 2] }),
  ...each(
    { op: "ConvTranspose", inputs: [image, w(4, 3, 3, 2), w(3)] },
    {},
    { strides: [2, 2], pads: [1, 0, 1, 1] },
    { strides: [2, 3], output_padding: [1, 1] },
    { strides: [2, 2], auto_pad: "SAME_UPPER" },
    { strides: [2, 2], auto_pad: "SAME_LOWER" },
    { strides: [2, 2], output_shape: [18, 15] },
    { dilations: [2, 1] },
  ),
  ...each({ op: "ConvTranspose", inputs: [image, w(4, 2, 2, 2)] }, { strides: [2, 2], group: 2 }),
  ...each({ op: "ConvTranspose", inputs: [x(2, 4, 7), w(4, 2, 3)] }, { strides: [2], pads: [1, 0] }),
  ...["MaxPool", "AveragePool"].flatMap((op) => [
    ...each(pool(op), ...pooling),
    ...each({ op, inputs: [x(2, 3, 11)] }, { kernel_shape: [3], strides: [2], pads: [1, 1] }),
  ]),
  ...each(pool("MaxPool"), { kernel_shape: [3, 2], dilations: [2, 3], pads: [1, 1, 1, 1] }),
  ...each(
    pool("AveragePool", 19),
    { kernel_shape: [3, 2], dilations: [2, 3], pads: [1, 1, 1, 1] },
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1, ceil_mode: 1 },
  ),
  ...each(pool("LpPool"), { kernel_shape: [3, 3], strides: [2, 2], p: 2 }, { kernel_shape: [2, 2], p: 3 }),
  ...["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"].flatMap((op) => [
    { op, inputs: [image] },
    { op, inputs: [x(2, 3, 7)] },
  ]),
  ...[image, x(2, 4), x(2, 4, 5)].flatMap((input) =>
    each(
      { op: "BatchNormalization", inputs: [input, ...perChannel, w(4), variance] },
      {},
      { epsilon: float(1e-2), momentum: float(0.1) },
    ),
  ),
  ...each({ op: "InstanceNormalization", inputs: [image, ...perChannel] }, {}, { epsilon: float(1e-2) }),
  { op: "InstanceNormalization", inputs: [x(2, 4, 5), ...perChannel] },
  ...each(
    { op: "GroupNormalization", opset: 21, inputs: [image, ...perChannel] },
    { num_groups: 2 },
    { num_groups: 4, epsilon: float(1e-2) },
    { num_groups: 1 },
  ),
  { op: "GroupNormalization", opset: 18, inputs: [image, w(2), w(2)], attrs: { num_groups: 2 } },
  ...each({ op: "LayerNormalization", inputs: [x(2, 3, 8), w(8), w(8)] }, {}, { epsilon: float(1e-2) }, { axis: 2 }),
  ...each({ op: "LayerNormalization", inputs: [x(2, 3, 8), w(3, 8), w(3, 8)] }, { axis: 1 }, { axis: -2 }),
  { op: "LayerNormalization", inputs: [x(2, 3, 8), w(8)] },
  { op: "LayerNormalization", inputs: [x(2, 3, 8), w(2, 3, 8), w(2, 3, 8)], attrs: { axis: 0 } },
];
