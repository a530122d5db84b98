/**
 * LoRA: y = base(x) + s·B(A(dropout(x))) with A (r, in) and B (out, r); s = alpha / r, or alpha / √r (rsLoRA,
 * arXiv 2312.03732). B = 0 at first, so that nothing changes. arXiv 2106.09685
 */
import { defineAdapter } from "./define";
import {
  lowRankDelta,
  lowRankFields,
  lowRankOf,
  lowRankPair,
  lowRankPeft,
  lowRankProduct,
  lowRankTargets,
  trainBiases,
} from "./low-rank";
import { studyPresets } from "./presets";

export default defineAdapter({
  id: "lora",
  label: "LoRA",
  description: "Adds a small trainable low-rank update to chosen layers and keeps the rest frozen.",
  paper: "https://arxiv.org/abs/2106.09685",
  config: lowRankFields,
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  presets: [
    { label: "PEFT default", config: { r: 8, alpha: 8, dropout: 0, targets: "auto" } },
    ...studyPresets([4, 8, 16], (r) => ({ r, alpha: 1, dropout: 0.1, targets: "study" })),
  ],
  peft: { type: "LORA", fixed: { use_dora: false }, fields: lowRankPeft },
  title: ({ r, alpha, rslora }) => `${rslora ? "rsLoRA" : "LoRA"} r ${r}${alpha === 16 ? "" : ` α ${alpha}`}`,
  mergeable: true,
  apply: (context) => {
    const { b, layers, config, wrap, merge, dropout } = context;
    const targets = lowRankTargets(layers, config.targets);
    for (const layer of targets) {
      const { r, scaling } = lowRankOf(config, layer.module);
      const { A, B } = lowRankPair(context, layer, r);
      wrap(layer, (x, base) => {
        const seen = dropout(x, config.dropout as number, layer.module);
        return b.add(base(x), b.scale(lowRankProduct(b, layer, seen, A, B), scaling));
      });
      merge(layer, ({ weight, bias }) => ({
        weight: b.add(weight, b.scale(lowRankDelta(b, layer, A, B), scaling)),
        bias,
      }));
    }
    trainBiases(context, targets);
  },
});
