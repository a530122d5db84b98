/**
 * Four kinds of small backbones, and every method with settings that fit each. The tests of all
 * methods use them.
 */
import { openModel } from "../backbone/open";
import type { Model } from "../types";
import { steppedMethods } from "./index";

const files = import.meta.glob<string>(
  "../../../tools/reference/fixtures/{clip-lora,timm-ia3,swin-last-blocks,resnet-ssf}/model.onnx",
  { query: "?inline", import: "default" },
);

/** The kind of each fixture. tools/reference/cases.py gives the widths. */
export const kinds = {
  /** Separate q, k and v; no bias in the patch embedding; a projection after the class token. */
  "clip-lora": "vit",
  /** Fused qkv. */
  "timm-ia3": "vit",
  /** Shifted windows, relative positions, patch merging. */
  "swin-last-blocks": "swin",
  /** Convolutions with batch normalisation. */
  "resnet-ssf": "cnn",
} as const;
export type BackboneName = keyof typeof kinds;

export const backbones: readonly { name: BackboneName; model: Model }[] = await Promise.all(
  Object.entries(files).map(async ([path, load]) => ({
    name: path.split("/").at(-2)! as BackboneName,
    model: openModel(new Uint8Array(await (await fetch(await load())).arrayBuffer()), { imageSize: 16 }),
  })),
);

export interface Variant {
  id: string;
  /** Distinguishes variants of one method. */
  name: string;
  config: Record<string, unknown>;
}

/** Settings that methods need on a CNN, because their defaults name attention. */
const onCnn: Record<string, Record<string, unknown>> = {
  lora: { targets: ["conv"] },
  dora: { targets: ["conv"] },
  ia3: { targets: ["conv1", "conv2", "downsample.0"], feedforward: ["conv2"] },
};

type Kind = (typeof kinds)[BackboneName];

/** Methods that a kind of backbone does not support with default settings. */
export const misfits: Record<Kind, readonly string[]> = { vit: [], swin: ["vpt"], cnn: ["vera", "bottleneck", "vpt"] };

/** Settings that change what a method does. */
const more: Variant[] = [
  { id: "lora", name: "dropout and biases", config: { dropout: 0.2, bias: "all", rslora: true } },
  { id: "lora", name: "biases of targets", config: { bias: "lora_only", targets: ["mlp.up", "mlp.down"] } },
  { id: "lora", name: "q and v", config: { targets: ["attn.q", "attn.v", "mlp.up"], dropout: 0.2 } },
  { id: "dora", name: "dropout, all-linear", config: { dropout: 0.2, r: 2, targets: "all-linear" } },
  {
    id: "vera",
    name: "several widths, dropout",
    config: { r: 6, dropout: 0.2, targets: ["mlp.up", "mlp.down", "attn.out"] },
  },
  { id: "ia3", name: "all", config: { targets: "study" } },
  { id: "bottleneck", name: "relu", config: { size: 3, activation: "relu" } },
  { id: "last-blocks", name: "two", config: { blocks: 2 } },
  { id: "vpt", name: "shallow", config: { deep: false, prompts: 3 } },
  { id: "vpt", name: "deep, dropout", config: { deep: true, prompts: 1, dropout: 0.1 } },
];

/**
 * Every method that trains in steps, with its defaults and with each of the settings above, on
 * every backbone that supports it.
 */
export const cases = backbones.flatMap(({ name: backbone, model }) => {
  const isCnn = kinds[backbone] === "cnn";
  const plain: Variant[] = steppedMethods.map((a) => ({ id: a.id, name: "", config: {} }));
  return [...plain, ...more]
    .filter(({ id, config }) => !misfits[kinds[backbone]].includes(id) && !(isCnn && "targets" in config))
    .map(({ id, name, config }) => ({
      backbone,
      model,
      id,
      title: `${id}${name && ` (${name})`} on ${backbone}`,
      config: isCnn ? { ...onCnn[id], ...config } : config,
    }));
});
export type Case = (typeof cases)[number];
