/**
 * Bottleneck adapters: a small two-layer network after the last layer of each attention and each
 * MLP, before the residual sum: h ← h + U·act(D·h + d) + u with D [m, width] and U [width, m]. U
 * and u start at 0, so that nothing changes at first. arXiv 1902.00751
 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { defineAdapter } from "../define";
import { uniform } from "../low-rank";
import { noTargets } from "../targets";

const BOTTLENECK_ROLES = ["attn.out", "mlp.down"];

export default defineAdapter({
  id: "bottleneck",
  label: "Bottleneck adapters",
  description: "Puts a small trainable network after each attention and each MLP and keeps the rest frozen.",
  paper: "https://arxiv.org/abs/1902.00751",
  order: 130,
  config: z.strictObject({
    size: setting(z.int().min(1).max(1024).default(64), {
      title: "Bottleneck width",
      description: "Units of the small network; parameters grow with it. The paper tries 8, 64 and 256.",
    }),
    activation: setting(z.enum(["gelu", "relu"]).default("gelu"), {
      title: "Activation",
      description: "What stands between the two layers.",
    }),
  }),
  trainingDefaults: { lr: 1e-3, headLr: 1e-2 },
  peft: {
    type: "BOTTLENECK",
    own: true,
    fields: { size: { key: "bottleneck_size" }, activation: { key: "non_linearity" } },
  },
  title: ({ size }) => `Bottleneck adapters ${size}`,
  mergeable: false,
  apply: ({ b, layers, config, trainable, after }) => {
    const targets = layers.filter((l) => BOTTLENECK_ROLES.includes(l.role) && l.kind === "linear");
    if (targets.length === 0)
      throw noTargets("attention outputs and MLP outputs", layers, "Use another method for this backbone, e.g. SSF.");
    const m = config.size;
    for (const { module, output, features } of targets) {
      const bound = 1 / Math.sqrt(features);
      const down = trainable(`${module}.adapter_down.weight`, [m, features], (prng) =>
        uniform(prng, m * features, bound),
      );
      const downBias = trainable(`${module}.adapter_down.bias`, [m], () => new Float32Array(m));
      const up = trainable(`${module}.adapter_up.weight`, [features, m], () => new Float32Array(features * m));
      const upBias = trainable(`${module}.adapter_up.bias`, [features], () => new Float32Array(features));
      after(output, (h) => {
        const low = b.add(b.linear(h, down, true), downBias);
        const active = config.activation === "relu" ? b.op("Relu", [low]) : b.gelu(low);
        return b.add(h, b.add(b.linear(active, up, true), upBias));
      });
    }
  },
});
