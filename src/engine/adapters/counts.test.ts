/**
 * Exact numbers of trainable parameters, from the sizes in tools/reference/cases.py and each
 * method's formula.
 */
import { expect, test } from "vitest";
import { completeMethod } from "../index";
import { buildTrainingGraph } from "../training/graph";
import { countOf } from "./adapt";
import { adapterOf } from "./index";
import { backbones } from "./testing";

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

/** A layer's sizes. `window` is the area of a convolution's kernel. */
interface Size {
  in: number;
  out: number;
  bias: boolean;
  window?: number;
}

interface Sizes {
  /** One fused projection, or q, k and v. */
  attention: Size[];
  attnOut: Size[];
  up: Size[];
  down: Size[];
  /** Layers without one of these roles: embeddings, mergings, convolutions. */
  other: Size[];
  norms: number[];
  /** Elements of tokens, positions and plain matrices. */
  free: number;
  /** The same for the last block and everything after it. */
  last: { layers: Size[]; norms: number[]; free: number };
}

const linear = (inside: number, out: number, bias = true): Size => ({ in: inside, out, bias });
const conv = (inside: number, out: number, kernel: number, bias = false): Size => ({
  ...linear(inside, out, bias),
  window: kernel ** 2,
});
const weightOf = (s: Size) => s.in * (s.window ?? 1) * s.out;
const twice = <T>(list: readonly T[]): T[] => [...list, ...list];

const clip: Sizes = {
  attention: twice([linear(24, 24), linear(24, 24), linear(24, 24)]),
  attnOut: twice([linear(24, 24)]),
  up: twice([linear(24, 48)]),
  down: twice([linear(48, 24)]),
  other: [conv(3, 24, 4), linear(24, 16, false)],
  norms: [24, ...twice([24, 24]), 24],
  free: 24 + 17 * 24,
  last: {
    layers: [
      linear(24, 24),
      linear(24, 24),
      linear(24, 24),
      linear(24, 24),
      linear(24, 48),
      linear(48, 24),
      linear(24, 16, false),
    ],
    norms: [24, 24, 24],
    free: 0,
  },
};
const timm: Sizes = {
  attention: twice([linear(12, 36)]),
  attnOut: twice([linear(12, 12)]),
  up: twice([linear(12, 24)]),
  down: twice([linear(24, 12)]),
  other: [conv(3, 12, 4, true)],
  norms: [...twice([12, 12]), 12],
  free: 12 + 17 * 12,
  last: { layers: [linear(12, 36), linear(12, 12), linear(12, 24), linear(24, 12)], norms: [12, 12, 12], free: 0 },
};
// Exporting gathers the relative positions. The file holds the gathered values instead of the
// tables.
const swin: Sizes = {
  attention: [...twice([linear(8, 24)]), linear(16, 48)],
  attnOut: [...twice([linear(8, 8)]), linear(16, 16)],
  up: [...twice([linear(8, 16)]), linear(16, 32)],
  down: [...twice([linear(16, 8)]), linear(32, 16)],
  other: [conv(3, 8, 2, true), linear(32, 16, false)],
  norms: [...twice([8, 8]), 32, 16, 16, 16],
  free: 0,
  last: { layers: [linear(16, 48), linear(16, 16), linear(16, 32), linear(32, 16)], norms: [16, 16, 16], free: 0 },
};
const convs = [conv(3, 8, 3), conv(8, 8, 3), conv(8, 8, 3), conv(8, 16, 3), conv(16, 16, 3), conv(8, 16, 1)];
const resnet: Sizes = {
  attention: [],
  attnOut: [],
  up: [],
  down: [],
  other: convs,
  free: 0,
  norms: [8, 8, 8, 16, 16, 16],
  last: { layers: convs.slice(3), norms: [16, 16, 16], free: 0 },
};
const table: Record<string, Sizes> = {
  "clip-lora": clip,
  "timm-ia3": timm,
  "swin-last-blocks": swin,
  "resnet-ssf": resnet,
};

const layersOf = (s: Sizes) => [...s.attention, ...s.attnOut, ...s.up, ...s.down, ...s.other];
const biases = (list: readonly Size[]) => sum(list.map((l) => (l.bias ? l.out : 0)));
const all = (layers: readonly Size[], norms: readonly number[]) =>
  sum(layers.map(weightOf)) + biases(layers) + 2 * sum(norms);
const lowRank = (list: readonly Size[], r: number) => sum(list.map((l) => r * (l.in * (l.window ?? 1) + l.out)));
const outs = (list: readonly Size[]) => sum(list.map((l) => l.out));
const ins = (list: readonly Size[]) => sum(list.map((l) => l.in));
/** The projections of q and v, or the fused one. */
const queryValue = (s: Sizes) => (s === clip ? s.attention.filter((_, i) => i % 3 !== 1) : s.attention);
const keyValue = (s: Sizes) => (s === clip ? s.attention.filter((_, i) => i % 3 !== 0) : s.attention);

/**
 * Parameters that a method trains in addition to the head. Methods without training have no head
 * either.
 */
const formulas: Record<string, { config: Record<string, unknown>; count: (s: Sizes) => number }[]> = {
  ...Object.fromEntries(["nearest-mean", "knn", "tip-adapter"].map((id) => [id, [{ config: {}, count: () => 0 }]])),
  "linear-probe": [{ config: {}, count: () => 0 }],
  bitfit: [{ config: {}, count: (s) => biases(layersOf(s)) + sum(s.norms) }],
  "ln-tuning": [{ config: {}, count: (s) => 2 * sum(s.norms) }],
  ssf: [{ config: {}, count: (s) => 2 * (outs(layersOf(s)) + sum(s.norms)) }],
  full: [{ config: {}, count: (s) => all(layersOf(s), s.norms) + s.free }],
  "last-blocks": [{ config: {}, count: (s) => all(s.last.layers, s.last.norms) + s.last.free }],
  vpt: [
    { config: { prompts: 7, deep: false }, count: (s) => 7 * s.norms[0] },
    { config: { prompts: 7, deep: true }, count: (s) => 7 * sum(s.attnOut.map((l) => l.out)) },
  ],
  bottleneck: [
    { config: { size: 5 }, count: (s) => sum([...s.attnOut, ...s.down].map((l) => 2 * 5 * l.out + 5 + l.out)) },
  ],
  ia3: [
    { config: {}, count: (s) => outs(keyValue(s)) + ins(s.down) },
    { config: { targets: "study" }, count: (s) => outs(s.attention) + ins(s.up) + ins(s.down) },
    { config: { targets: ["conv1"], feedforward: ["conv1"] }, count: () => 3 + 8 + 8 },
    { config: { targets: "conv" }, count: (s) => outs(s.other) },
  ],
  vera: [
    { config: { r: 6 }, count: (s) => outs(queryValue(s)) + 6 * queryValue(s).length },
    { config: { r: 8, targets: "study" }, count: (s) => outs(s.attention) + 8 * s.attention.length },
  ],
  lora: [
    // Of a fused projection, only the rows of q and v count.
    {
      config: { r: 4, targets: ["attn.q", "attn.v"] },
      count: (s) => lowRank(s === clip ? queryValue(s) : twice(s.attention.map((l) => linear(l.in, l.in))), 4),
    },
    { config: { r: 4 }, count: (s) => lowRank(queryValue(s), 4) },
    { config: { r: 4, targets: ["attn.out", "mlp.down"] }, count: (s) => lowRank([...s.attnOut, ...s.down], 4) },
    {
      config: { r: 4, targets: "study" },
      count: (s) => lowRank(s === clip ? s.attention : [...s.attention, ...s.up, ...s.down], 4),
    },
    { config: { r: 4, bias: "all" }, count: (s) => lowRank(queryValue(s), 4) + biases(layersOf(s)) + sum(s.norms) },
    { config: { r: 4, bias: "lora_only" }, count: (s) => lowRank(queryValue(s), 4) + biases(queryValue(s)) },
    { config: { r: 2, targets: "conv" }, count: (s) => lowRank(s.other, 2) },
  ],
  dora: [
    { config: { r: 4 }, count: (s) => lowRank(queryValue(s), 4) + outs(queryValue(s)) },
    { config: { r: 2, targets: "conv" }, count: (s) => lowRank(s.other, 2) + outs(s.other) },
  ],
};

/**
 * On a CNN, cases must name convolutions or need no layer. On other backbones, they must not name
 * convolutions.
 */
const needsLayers = ["lora", "dora", "ia3", "vera", "bottleneck"];
const cases = Object.entries(table).flatMap(([backbone, sizes]) =>
  Object.entries(formulas).flatMap(([id, rows]) =>
    rows
      .filter(() => !(id === "vpt" && (sizes === resnet || sizes === swin)))
      .filter(({ config }) => /conv/.test(JSON.stringify(config)) === (sizes === resnet && needsLayers.includes(id)))
      .map(({ config, count }) => ({
        id,
        config,
        backbone,
        want: count(sizes),
        title: `${id} ${JSON.stringify(config)}`,
      })),
  ),
);

test.each(cases)("$title on $backbone: $want", ({ id, config, backbone, want }) => {
  const { model } = backbones.find((b) => b.name === backbone)!;
  const method = { id, config: completeMethod(id, config).config };
  const { trainables } = buildTrainingGraph({ model, method, classes: 2, batch: 1 });
  expect(countOf(trainables.filter((t) => t.group === "adapter"))).toBe(want);
});

/** Backbones of arXiv 2506.18434: width, depth, and the trainable parameters of its methods. */
const study = [
  { name: "DINOv2 S/14", D: 384, L: 12, lora: [258_048, 516_096, 1_032_192], vera: 13_920, ia3: 36_864, fused: true },
  { name: "DINOv2 B/14", D: 768, L: 12, lora: [516_096, 1_032_192, 2_064_384], vera: 27_744, ia3: 73_728, fused: true },
  {
    name: "DINOv2 L/14",
    D: 1024,
    L: 24,
    lora: [1_376_256, 2_752_512, 5_505_024],
    vera: 73_920,
    ia3: 196_608,
    fused: true,
  },
  { name: "CLIP B/32", D: 768, L: 12, lora: [221_184, 442_368, 884_736], vera: 27_936, ia3: 73_728, fused: false },
  {
    name: "CLIP L/14",
    D: 1024,
    L: 24,
    lora: [589_824, 1_179_648, 2_359_296],
    vera: 74_304,
    ia3: 196_608,
    fused: false,
  },
];

test.each(study)("the presets of arXiv 2506.18434 come to its counts on $name", ({ D, L, lora, vera, ia3, fused }) => {
  const repeat = <T>(list: readonly T[]) => Array.from({ length: L }, () => list).flat();
  const sizes = {
    attention: repeat(fused ? [linear(D, 3 * D)] : [linear(D, D), linear(D, D), linear(D, D)]),
    up: repeat([linear(D, 4 * D)]),
    down: repeat([linear(4 * D, D)]),
  };
  const presets = (id: string) =>
    adapterOf(id)
      .presets!.filter(({ label, training }) => label.includes("2506.18434") && !training?.headLrs)
      .map((p) => p.config);
  const all = fused ? [...sizes.attention, ...sizes.up, ...sizes.down] : sizes.attention;
  expect(presets("lora").map(({ r }) => lowRank(all, r as number))).toEqual(lora);
  const { r } = presets("vera")[1];
  expect(outs(sizes.attention) + (r as number) * sizes.attention.length).toBe(vera);
  expect(outs(sizes.attention) + ins(sizes.up) + ins(sizes.down)).toBe(ia3);
  for (const id of ["lora", "vera", "ia3"]) for (const p of presets(id)) expect(p.targets).toBe("study");
});

test("every preset is a set of settings that its method takes", () => {
  for (const id of Object.keys(formulas))
    for (const { config } of adapterOf(id).presets ?? [])
      expect(completeMethod(id, config).config).toMatchObject(config);
});
