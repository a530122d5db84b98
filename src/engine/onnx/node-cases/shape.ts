/** Nodes that move, join, repeat or pick elements. */
import { b, each, f, float, i, type NodeAttr, type NodeCase, w, x } from "./case";

const image = x(2, 4, 6, 5);
const table = x(3, 4, 5);
const LAST = 2 ** 53;
/** Slice's starts, ends, axes and steps. */
const slices: number[][][] = [
  [[1], [3]],
  [
    [1, 0],
    [3, 4],
    [1, 2],
  ],
  [[-3], [-1], [-1]],
  [[0], [LAST], [2], [2]],
  [[-1], [-LAST], [1], [-1]],
  [
    [4, 2],
    [0, 0],
    [2, 0],
    [-2, -1],
  ],
  [[1], [1], [0]],
  [[0], [100], [0]],
];
const pads = { mixed: i([0, 1, 2, 0, 0, 0, 1, 3]), cropping: i([0, 0, -1, 1, 0, 0, 2, -1]) };

export const cases: NodeCase[] = [
  ...each({ op: "Concat", inputs: [table, x(3, 2, 5), w(3, 1, 5)] }, { axis: 1 }, { axis: -2 }),
  { op: "Concat", inputs: Array.from({ length: 14 }, (_, k) => x(2, k + 1)), attrs: { axis: 1 } },
  { op: "Split", inputs: [table, i([1, 3])], outputs: 2, attrs: { axis: 1 } },
  { op: "Split", inputs: [table], outputs: 2, attrs: { axis: -2 } },
  { op: "Split", opset: 11, inputs: [table], outputs: 2, attrs: { axis: 2, split: [2, 3] } },
  { op: "Split", opset: 18, inputs: [table], outputs: 3, attrs: { axis: 2, num_outputs: 3 } },
  ...slices.map((lists) => ({ op: "Slice", inputs: [table, ...lists.map((list) => i(list))] })),
  { op: "Slice", opset: 9, inputs: [table], attrs: { starts: [1, 0], ends: [3, 2], axes: [1, 2] } },
  ...[i([2, 0, 2, 1]), i([-1, 1], [1, 2]), i([1], []), i([1, 2])].flatMap((index) =>
    each({ op: "Gather", inputs: [table, index] }, {}, { axis: 1 }, { axis: -1 }),
  ),
  ...each(
    { op: "GatherElements", inputs: [table, i([0, 2, 1, -1, 0, 1, 2, 0, 2, 1, 1, 0], [3, 2, 2])] },
    { axis: 2 },
    { axis: -3 },
  ),
  { op: "GatherND", inputs: [table, i([0, 1, 2, 3, -1, 0], [3, 2])] },
  { op: "GatherND", inputs: [table, i([0, 2, 1, 1, 3, 4], [2, 1, 3])] },
  { op: "GatherND", inputs: [table, i([3, 0, 2, 1, 1, 1], [3, 2, 1])], attrs: { batch_dims: 1 } },
  { op: "ScatterND", inputs: [table, i([2, 0], [2, 1]), x(2, 4, 5)] },
  { op: "ScatterND", inputs: [table, i([0, 1, 2, 3, -1, 0], [3, 2]), w(3, 5)] },
  { op: "ScatterND", opset: 16, inputs: [table, i([0, 2, 0], [3, 1]), x(3, 4, 5)], attrs: { reduction: "add" } },
  ...each(
    { op: "ScatterElements", inputs: [table, i([0, 2, -1, 1], [1, 2, 2]), x(1, 2, 2)] },
    { axis: 1 },
    { axis: 2 },
  ),
  ...each(
    { op: "ScatterElements", opset: 16, inputs: [table, i([0, 0, 1, 1], [1, 2, 2]), x(1, 2, 2)] },
    { axis: 2, reduction: "add" },
  ),
  { op: "Scatter", opset: 9, inputs: [table, i([0, 2], [1, 2, 1]), x(1, 2, 1)], attrs: { axis: 1 } },
  { op: "Pad", inputs: [image, pads.mixed] },
  { op: "Pad", inputs: [image, pads.mixed, f([1.5], [])] },
  { op: "Pad", inputs: [image, pads.mixed, f([-Infinity], [])] },
  { op: "Pad", inputs: [image, pads.cropping, f([0.5], [])] },
  { op: "Pad", opset: 18, inputs: [image, i([1, 2, 0, 1]), f([0.25], []), i([-1, 2])] },
  ...each({ op: "Pad", inputs: [image, pads.mixed] }, { mode: "reflect" }, { mode: "edge" }),
  { op: "Pad", opset: 19, inputs: [image, pads.mixed], attrs: { mode: "wrap" } },
  { op: "Pad", opset: 9, inputs: [image], attrs: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: float(0.5) } },
  { op: "Expand", inputs: [x(3, 1, 5), i([2, 3, 4, 5])] },
  { op: "Expand", inputs: [x(3, 1, 5), i([1, 1])] },
  { op: "Tile", inputs: [table, i([2, 1, 3])] },
  ...each({ op: "Transpose", inputs: [image] }, {}, { perm: [0, 2, 3, 1] }, { perm: [2, 0, 1, 3] }),
  ...[[3, -1], [0, 20], [0, 0, -1, 1], [60], [-1]].map((shape) => ({ op: "Reshape", inputs: [table, i(shape)] })),
  { op: "Reshape", opset: 14, inputs: [table, i([5, 4, 3])], attrs: { allowzero: 1 } },
  ...each({ op: "Flatten", inputs: [image] }, {}, { axis: 0 }, { axis: 2 }, { axis: -1 }, { axis: 4 }),
  { op: "Squeeze", inputs: [x(1, 3, 1, 2), i([0, -2])] },
  { op: "Squeeze", inputs: [x(1, 3, 1, 2)] },
  { op: "Squeeze", opset: 11, inputs: [x(1, 3, 1, 2)], attrs: { axes: [2] } },
  { op: "Unsqueeze", inputs: [x(3, 2), i([0, -1])] },
  { op: "Unsqueeze", opset: 11, inputs: [x(3, 2)], attrs: { axes: [1, 3] } },
  ...each({ op: "DepthToSpace", inputs: [x(2, 8, 3, 2)] }, { blocksize: 2 }, { blocksize: 2, mode: "CRD" }),
  { op: "SpaceToDepth", inputs: [x(2, 3, 4, 6)], attrs: { blocksize: 2 } },
  ...each({ op: "Trilu", inputs: [x(2, 4, 5)] }, {}, { upper: 0 }),
  ...[-1, 2].flatMap((k) => each({ op: "Trilu", inputs: [x(4, 5), i([k], [])] }, { upper: 1 }, { upper: 0 })),
  ...[0, 1, -1].flatMap((axis) =>
    each(
      { op: "CumSum", inputs: [table, i([axis], [])] },
      {},
      { exclusive: 1 },
      { reverse: 1 },
      { exclusive: 1, reverse: 1 },
    ),
  ),
  ...each({ op: "OneHot", inputs: [i([1, 0, -1]), i([4], []), f([-0.5, 2])] }, {}, { axis: 0 }),
  ...["ArgMax", "ArgMin"].flatMap((op) =>
    each({ op, inputs: [table] }, {}, { axis: 1 }, { axis: -1, keepdims: 0 }, { axis: 2, select_last_index: 1 }),
  ),
  ...each({ op: "TopK", inputs: [w(3, 5), i([2])], outputs: 2 }, {}, { axis: 0 }, { largest: 0 }),
  { op: "Where", inputs: [b([1, 0, 1, 0]), x(3, 4), w(3, 1)] },
  { op: "Cast", inputs: [table], attrs: { to: 7 } },
  { op: "Cast", inputs: [i([3, 0, -2])], attrs: { to: 1 } },
  { op: "CastLike", inputs: [table, i([1])] },
  { op: "Identity", inputs: [table] },
  { op: "Dropout", inputs: [table] },
  { op: "ConstantOfShape", inputs: [i([2, 3])] },
  { op: "Shape", inputs: [image] },
  ...each({ op: "Shape", inputs: [image] }, { start: 1 }, { start: -3, end: -1 }),
  { op: "Size", inputs: [image] },
  { op: "Range", inputs: [i([1], []), i([10], []), i([3], [])] },
  ...resizes(),
];

/** Resize over modes and coordinate modes, larger and smaller, by scales and by sizes. */
function resizes(): NodeCase[] {
  const coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
  const to = [
    [null, f([1, 1, 2, 1.6])],
    [null, f([1, 1, 0.5, 0.6])],
    [null, null, i([2, 4, 9, 4])],
    [null, null, i([2, 4, 1, 7])],
  ];
  const modes: Readonly<Record<string, NodeAttr>>[] = [
    { mode: "nearest", nearest_mode: "floor" },
    { mode: "nearest", nearest_mode: "ceil" },
    { mode: "nearest", nearest_mode: "round_prefer_floor" },
    { mode: "nearest", nearest_mode: "round_prefer_ceil" },
    { mode: "linear" },
    { mode: "cubic" },
    { mode: "cubic", cubic_coeff_a: float(-0.5) },
    { mode: "cubic", exclude_outside: 1 },
  ];
  const attrs = modes.flatMap((mode) => coordinates.map((c) => ({ ...mode, coordinate_transformation_mode: c })));
  return [
    ...to.flatMap((rest) => each({ op: "Resize", inputs: [image, ...rest] }, {}, ...attrs)),
    ...each(
      { op: "Resize", opset: 19, inputs: [image, null, null, i([9, 4])] },
      { axes: [2, 3], mode: "linear" },
      { axes: [-2, -1], mode: "cubic", coordinate_transformation_mode: "half_pixel_symmetric" },
    ),
    ...each({ op: "Upsample", opset: 9, inputs: [image, f([1, 1, 2, 3])] }, {}, { mode: "linear" }),
    ...each({ op: "Resize", opset: 10, inputs: [image, f([1, 1, 2, 3])] }, {}, { mode: "linear" }),
  ];
}
