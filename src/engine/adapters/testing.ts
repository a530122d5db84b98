/**
 * Small backbones of four kinds, and every method with settings that fit each: what the tests of
 * all methods walk.
 */
import { openModel } from "../backbone/open";
import type { Model } from "../types";
import { steppedMethods } from "./index";

const files = import.meta.glob<string>(
  "../../../tools/reference/fixtures/{clip-lora,timm-ia3,swin-last-blocks,resnet-ssf}/model.onnx",
  { query: "?inline", import: "default" },
);

/** What each fixture holds. Widths as in tools/reference/cases.py. */
export const kinds = {
  /** Separate q, k and v; no bias in the patch embedding; a projection behind the class token. */
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
  /** Tells variants of one method apart. */
  name: string;
  config: Record<string, unknown>;
}

/** Methods with the settings that a CNN needs, where the defaults name attention. */
const onCnn: Record<string, Record<string, unknown>> = {
  lora: { targets: ["conv"] },
  dora: { targets: ["conv"] },
  ia3: { targets: ["conv1", "conv2", "downsample.0"], feedforward: ["conv2"] },
};

type Kind = (typeof kinds)[BackboneName];

/** Methods that a kind of backbone has no place for, with their settings' defaults. */
export const misfits: Record<Kind, readonly string[]> = { vit: [], swin: ["vpt"], cnn: ["vera", "bottleneck", "vpt"] };

/** Settings besides the defaults that change what happens. */
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
 * Every method that trains in steps, once as it is and once with each of the settings above, on
 * every backbone that has a place for it.
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
