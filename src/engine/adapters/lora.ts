/**
 * LoRA: y = base(x) + s·B(A(x)) with A (r, in) and B (out, r); s = alpha / r, or alpha / √r (rsLoRA, arXiv 2312.03732).
 * A ~ U(−1/√in, 1/√in), B = 0, so that nothing changes at first. Convolutions: A has the layer's kernel, B is 1×1.
 * arXiv 2106.09685; parameter names and shapes as Hugging Face PEFT.
 */
import type { Prng } from "../../base/prng";
import type { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import type { Layer } from "../layers";
import { defineAdapter } from "./define";
import { patternValue, selectTargets, targetsField } from "./targets";

function uniform(prng: Prng, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * prng.uniform() - 1) * bound);
}

/** B(A(x)) in the arrangement of the layer's product: rows of features, feature maps as [B, C, HW], or a convolution. */
function update(b: Builder, layer: Layer, x: Value, A: Value, B: Value, r: number): Value {
  const flatA = () => b.reshape(A, [r, layer.inFeatures]);
  const flatB = b.reshape(B, [layer.outFeatures, r]);
  if (layer.product.op === "Conv") {
    const low = b.op("Conv", [x, A], { ...layer.product.attrs, group: 1 });
    const [batch, , h, w] = low.shape;
    return b.reshape(b.matmul(flatB, b.reshape(low, [batch, r, h * w])), [batch, layer.outFeatures, h, w]);
  }
  if (layer.side === 0) return b.matmul(flatB, b.matmul(flatA(), x));
  return b.matmul(b.matmul(x, flatA(), false, true), flatB, false, true);
}

export default defineAdapter({
  id: "lora",
  label: "LoRA",
  description: "Adds a small trainable low-rank update to chosen layers and keeps the rest frozen.",
  paper: "https://arxiv.org/abs/2106.09685",
  config: [
    {
      key: "r",
      label: "Rank r",
      kind: "integer",
      default: 8,
      min: 1,
      max: 256,
      help: "Width of the update; parameters grow with it.",
    },
    {
      key: "alpha",
      label: "Alpha",
      kind: "number",
      default: 16,
      min: 1e-3,
      max: 1024,
      help: "The update is scaled by alpha / r.",
    },
    targetsField,
    {
      key: "rslora",
      label: "Rank-stabilised",
      kind: "boolean",
      default: false,
      help: "Scale by alpha / √r instead (rsLoRA).",
    },
    {
      key: "rankPattern",
      label: "Ranks by module",
      kind: "record",
      default: {},
      help: "PEFT's rank_pattern.",
      hidden: true,
    },
    {
      key: "alphaPattern",
      label: "Alphas by module",
      kind: "record",
      default: {},
      help: "PEFT's alpha_pattern.",
      hidden: true,
    },
  ],
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  peftType: "LORA",
  fromPeft: (json) => ({
    r: json.r ?? 8,
    alpha: json.lora_alpha ?? 8,
    targets: json.target_modules ?? "auto",
    rslora: json.use_rslora ?? false,
    rankPattern: json.rank_pattern ?? {},
    alphaPattern: json.alpha_pattern ?? {},
  }),
  title: ({ r, alpha, rslora }) => `${rslora ? "rsLoRA" : "LoRA"} r ${r}${alpha === 16 ? "" : ` α ${alpha}`}`,
  apply: ({ b, layers, config, trainable, add }) => {
    for (const layer of selectTargets(layers, config.targets)) {
      const r = patternValue(config.rankPattern, layer.module, config.r as number);
      const alpha = patternValue(config.alphaPattern, layer.module, config.alpha as number);
      const kernel = layer.weight.shape.slice(2);
      // A sees all channels even where the layer's own kernels see a group of them.
      const group = layer.product.op === "Conv" ? (layer.product.attrs.group as number) : 1;
      const fanIn = layer.inFeatures * group;
      const A = trainable(
        `${layer.module}.lora_A.weight`,
        [r, ...(kernel.length ? [layer.weight.shape[1] * group, ...kernel] : [fanIn])],
        (prng) => uniform(prng, r * fanIn, 1 / Math.sqrt(fanIn)),
      );
      const B = trainable(
        `${layer.module}.lora_B.weight`,
        [layer.outFeatures, r, ...kernel.map(() => 1)],
        () => new Float32Array(layer.outFeatures * r),
      );
      const scaling = alpha / (config.rslora ? Math.sqrt(r) : r);
      add(layer, (x) => b.scale(update(b, layer, x, A, B, r), scaling));
    }
  },
});
