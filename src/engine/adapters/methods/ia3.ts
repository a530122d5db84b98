/**
 * IA³: a learnt factor l per channel. In feed-forward layers it multiplies the input, y = base(l ⊙
 * x) with l [1, in]. In other layers it multiplies the output with its bias, y = l ⊙ base(x) with l
 * [out, 1]. All factors start at 1. arXiv 2205.05638
 */
import { z } from "zod";
import { names, setting } from "../../../base/setting";
import type { Builder } from "../../graph/builder";
import { channelShape } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import { defineAdapter } from "../define";
import { assertUngrouped } from "../low-rank";
import { studyPreset } from "../presets";
import type { AdaptableLayer } from "../structure";
import { attentionRoles, isTarget, MLP_ROLES, type RoleSets, selectTargets, targetsSetting } from "../targets";

const ia3TargetSets: RoleSets = {
  auto: () => ["attn.k", "attn.v", "attn.qkv", "attn.kv", "mlp.down"],
  study: (layers) => [...attentionRoles(layers), ...MLP_ROLES],
};
const feedforwardSets: RoleSets = { auto: () => MLP_ROLES };

const ones = (count: number) => () => new Float32Array(count).fill(1);

/**
 * Number of channels that the layer reads. A convolution reads each channel through its kernel's
 * window.
 */
const inChannels = ({ weight, inFeatures }: AdaptableLayer) => (weight.shape.length > 2 ? weight.shape[1] : inFeatures);

/**
 * Multiplies the product's input by l [in channels]. The input is rows, patches with the channel as
 * the slowest axis, or feature maps.
 */
function scaleInput(b: Builder, layer: AdaptableLayer, x: Value, l: Value): Value {
  const channels = inChannels(layer);
  if (layer.product.op === "Conv") return b.mul(x, b.reshape(l, [channels, 1, 1]));
  const window = layer.inFeatures / channels;
  const spread = b.reshape(b.expand(b.reshape(l, [channels, 1]), [channels, window]), [layer.inFeatures]);
  return b.mul(x, layer.side === 0 ? b.reshape(spread, [layer.inFeatures, 1]) : spread);
}

export default defineAdapter({
  id: "ia3",
  label: "IA³",
  description: "Learns one factor for each channel of chosen layers: very few parameters, hard to overfit.",
  paper: "https://arxiv.org/abs/2205.05638",
  order: 70,
  config: z.strictObject({
    targets: targetsSetting(
      "key and value projections and the second layer of each MLP",
      "q, k, v and both layers of each MLP",
    ),
    feedforward: setting(names.default("auto"), {
      title: "Feed-forward layers",
      description:
        "Those among the targets whose inputs are scaled instead of their outputs. auto: both layers of each MLP.",
    }),
  }),
  trainingDefaults: { lr: 1e-2, headLr: 1e-2 },
  presets: studyPreset({ targets: "study", feedforward: "auto" }),
  peft: {
    type: "IA3",
    fields: { targets: { key: "target_modules" }, feedforward: { key: "feedforward_modules" } },
    modules: ({ layers }, config) => {
      const targets = selectTargets(layers, config.targets, ia3TargetSets);
      return { targets, feedforward: targets.filter((l) => isTarget(l, config.feedforward, layers, feedforwardSets)) };
    },
  },
  title: () => "IA³",
  mergeable: true,
  apply: ({ b, layers, config, trainable, wrap, after, merge }) => {
    for (const layer of selectTargets(layers, config.targets, ia3TargetSets)) {
      const kernel = layer.weight.shape.slice(2).map(() => 1);
      const name = `${layer.module}.ia3_l`;
      if (isTarget(layer, config.feedforward, layers, feedforwardSets)) {
        assertUngrouped(layer);
        const channels = inChannels(layer);
        const l = trainable(name, [1, channels, ...kernel], ones(channels));
        wrap(layer, (x, base) => base(scaleInput(b, layer, x, l)));
        merge(layer, ({ weight, bias }) => ({ weight: b.mul(weight, b.reshape(l, [1, channels, ...kernel])), bias }));
      } else {
        const { features, axis, output } = layer;
        const l = trainable(name, kernel.length ? [1, features, ...kernel] : [features, 1], ones(features));
        after(output, (y) => b.mul(y, b.reshape(l, channelShape(features, y.shape.length, axis))));
        merge(layer, ({ weight, bias }) => ({
          weight: b.mul(weight, b.reshape(l, [features, 1, ...kernel])),
          bias: bias && b.mul(bias, b.reshape(l, bias.shape)),
        }));
      }
    }
  },
});
