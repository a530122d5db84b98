/**
 * LoRA: y = base(x) + s·B(A(dropout(x))) with A [r, in] and B [out, r], where s = alpha / r, or
 * alpha / √r for rsLoRA (arXiv 2312.03732). B starts at 0, so that nothing changes at first. arXiv
 * 2106.09685
 */
import { z } from "zod";
import type { Value } from "../../graph/value";
import { defineAdapter } from "../define";
import { lowRankDelta, lowRankPair, lowRankProduct, lowRankSites, padToAllOutputs, trainBiases } from "../low-rank";
import { lowRankOf, lowRankPeft, lowRankSettings, lowRankTitle } from "../low-rank-settings";
import { studyPresets } from "../presets";

export default defineAdapter({
  id: "lora",
  label: "LoRA",
  description: "Adds a small trainable low-rank update to chosen layers and keeps the rest frozen.",
  paper: "https://arxiv.org/abs/2106.09685",
  order: 100,
  config: z.strictObject(lowRankSettings(" Of a fused qkv, attn.q or attn.v alone adapts its rows.")),
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  presets: [
    { label: "PEFT default", config: { r: 8, alpha: 8, dropout: 0, targets: "auto" } },
    ...studyPresets([4, 8, 16], (r) => ({ r, alpha: 1, dropout: 0.1, targets: "study" })),
  ],
  peft: {
    type: "LORA",
    fixed: { use_dora: false },
    fields: lowRankPeft,
    modules: ({ layers }, { targets }) => {
      const sites = lowRankSites(layers, targets);
      return sites.every(({ places: [{ rows }] }) => rows === null)
        ? { targets: sites.map(({ layer }) => layer) }
        : null;
    },
  },
  title: (config) => lowRankTitle(config.rslora ? "rsLoRA" : "LoRA", config),
  mergeable: true,
  apply: (context) => {
    const { b, layers, config, wrap, merge, dropout } = context;
    const sites = lowRankSites(layers, config.targets);
    for (const { layer, places } of sites) {
      const { r, scaling } = lowRankOf(config, layer.module);
      const pairs = places.map(({ name, rows }) => ({
        name,
        ...lowRankPair(context, layer, r, rows?.count, name),
        spread: (change: Value, axis: number) => (rows ? padToAllOutputs(b, layer, rows, change, axis) : change),
      }));
      wrap(layer, (x, base) =>
        pairs.reduce((y, { name, A, B, spread }) => {
          const seen = dropout(x, config.dropout, name);
          return b.add(y, spread(lowRankProduct(b, layer, seen, { A, B, scaling }), layer.productAxis));
        }, base(x)),
      );
      merge(layer, ({ weight, bias }) => ({
        weight: pairs.reduce(
          (w, { A, B, spread }) => b.add(w, spread(b.scale(lowRankDelta(b, layer, A, B), scaling), 0)),
          weight,
        ),
        bias,
      }));
    }
    trainBiases(
      context,
      sites.map(({ layer }) => layer),
    );
  },
});
