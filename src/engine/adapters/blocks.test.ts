/** Finds blocks in the naming schemes of common libraries. */
import { expect, test } from "vitest";
import { blocksOf } from "./blocks";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const under = (path: string, names: readonly string[]) => names.map((name) => `${path}.${name}`);
const list = (path: (i: number) => string, n: number, names: readonly string[]) =>
  range(n).flatMap((i) => under(path(i), names));

/** A "/" at the end marks a matrix. The test removes it. */
const layers = [
  "norm1.weight",
  "attn.qkv.weight/",
  "attn.proj.weight/",
  "norm2.weight",
  "mlp.0.weight/",
  "mlp.3.weight/",
];
const basic = ["conv1.weight/", "bn1.weight", "conv2.weight/", "bn2.weight"];
const mobile = [
  "block.0.0.weight/",
  "block.1.0.weight/",
  "block.2.fc1.weight/",
  "block.2.fc2.weight/",
  "block.3.0.weight/",
];

const styles: Record<string, { names: string[]; blocks: number; last: string }> = {
  "a list of blocks": {
    names: [...list((i) => `blocks.${i}`, 12, layers), "head.weight/"],
    blocks: 12,
    last: "blocks.11",
  },
  "numbers in the blocks' own names": {
    names: list((i) => `encoder.layers.encoder_layer_${i}`, 12, layers),
    blocks: 12,
    last: "encoder.layers.encoder_layer_11",
  },
  "pairs of sublayers": {
    names: range(6).flatMap((i) => [
      ...under(`layers.${i}.0`, ["norm.weight", "to_qkv.weight/", "to_out.weight/"]),
      ...under(`layers.${i}.1`, ["net.0.weight", "net.1.weight/", "net.4.weight/"]),
    ]),
    blocks: 6,
    last: "layers.5",
  },
  "stages of blocks with mergings between": {
    names: [2, 2, 6, 1].flatMap((n, s) => [
      ...list((i) => `layers.${s}.blocks.${i}`, n, layers),
      `layers.${s}.downsample.reduction.weight/`,
    ]),
    blocks: 11,
    last: "layers.3.blocks.0",
  },
  "a residual network": {
    names: [
      "conv1.weight/",
      ...range(4).flatMap((s) => [
        ...list((i) => `layer${s + 1}.${i}`, 2, basic),
        ...(s ? under(`layer${s + 1}.0`, ["downsample.0.weight/", "downsample.1.weight"]) : []),
      ]),
    ],
    blocks: 8,
    last: "layer4.1",
  },
  "stages in one list of features": {
    names: [
      "features.0.0.weight/",
      ...[1, 3, 5].flatMap((s) => [
        ...list((i) => `features.${s}.${i}`, 3, [
          "block.0.weight/",
          "block.2.weight",
          "block.3.weight/",
          "block.5.weight/",
        ]),
        `features.${s + 1}.1.weight/`,
      ]),
    ],
    blocks: 9,
    last: "features.5.2",
  },
  "inverted residuals with squeeze and excitation": {
    names: ["features.0.0.weight/", ...list((i) => `features.${i + 1}`, 11, mobile), "features.12.0.weight/"],
    blocks: 11,
    last: "features.11",
  },
  "dense layers": {
    names: range(2).flatMap((s) => [
      ...list((i) => `features.denseblock${s + 1}.denselayer${i + 1}`, 4, basic),
      `features.transition${s + 1}.conv.weight/`,
    ]),
    blocks: 8,
    last: "features.denseblock2.denselayer4",
  },
  "a stem of convolutional blocks before those of a transformer": {
    names: [
      ...list((i) => `stem.${i + 1}`, 8, ["expand.weight/", "project.weight/"]),
      ...list((i) => `layers.${i}`, 2, layers),
    ],
    blocks: 10,
    last: "layers.1",
  },
  "nothing that repeats": { names: ["conv1.weight/", "conv2.weight/", "fc.weight/"], blocks: 0, last: "" },
};

test.each(Object.entries(styles))("%s", (_, { names, blocks, last }) => {
  const weights = names.map((name) => ({ name: name.replace(/\/$/, ""), shape: name.endsWith("/") ? [2, 2] : [2] }));
  const found = [...new Set(blocksOf(weights).values())];
  expect(found).toHaveLength(blocks);
  expect(found.at(-1) ?? "").toBe(last);
});
