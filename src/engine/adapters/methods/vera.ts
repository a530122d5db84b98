/**
 * VeRA: y = base(x) + λ_b ⊙ B(λ_d ⊙ A(dropout(x))). A [r, largest in] and B [largest out, r] are
 * random and frozen. All layers share them, and each layer takes the first rows or columns that it
 * needs. Only the vectors λ_d [r] and λ_b [out] are trained. A checkpoint always contains the
 * projections, because no other program can draw the same random numbers. arXiv 2310.11454
 */
import { z } from "zod";
import { RadaptError } from "../../../base/error";
import { setting } from "../../../base/setting";
import { defineAdapter } from "../define";
import { uniform } from "../low-rank";
import { dropoutSetting } from "../low-rank-settings";
import { studyPresets } from "../presets";
import { AUTO_ROLES, attentionRoles, type RoleSets, selectTargets, targetsSetting } from "../targets";

const targetSets: RoleSets = { auto: () => AUTO_ROLES, study: attentionRoles };

export default defineAdapter({
  id: "vera",
  label: "VeRA",
  description: "LoRA with random projections that all layers share: only two small vectors a layer are trained.",
  paper: "https://arxiv.org/abs/2310.11454",
  order: 90,
  config: z.strictObject({
    r: setting(z.int().min(1).max(4096).default(256), {
      title: "Rank r",
      description: "Width of the shared projections; costs little, since they are not trained.",
    }),
    targets: targetsSetting("query and value projections", "all projections into attention"),
    dropout: dropoutSetting(),
    dInitial: setting(z.number().min(-10).max(10).default(0.1), {
      title: "Initial λ_d",
      description: "What the inner vectors start from.",
    }),
  }),
  trainingDefaults: { lr: 1e-2, headLr: 1e-2 },
  // These are PEFT's defaults.
  presets: studyPresets([4, 8, 16], (r) => ({ r, dropout: 0.1, dInitial: 0.1, targets: "study" })),
  peft: {
    type: "VERA",
    fields: {
      r: { key: "r" },
      targets: { key: "target_modules" },
      dropout: { key: "vera_dropout" },
      dInitial: { key: "d_initial" },
    },
    modules: ({ layers }, { targets }) => ({ targets: selectTargets(layers, targets, targetSets) }),
  },
  title: ({ r, dropout }) => `VeRA r ${r}${dropout === 0 ? "" : ` dropout ${dropout}`}`,
  mergeable: true,
  apply: ({ b, layers, config, trainable, buffer, dropout, wrap, merge }) => {
    const r = config.r;
    const targets = selectTargets(layers, config.targets, targetSets);
    const conv = targets.find((l) => l.kind === "conv");
    if (conv) {
      throw new RadaptError("VeRA adapts linear layers only", {
        code: "method.targets",
        where: conv.module,
        expected: "linear layers",
        got: "a convolution",
        remedy: "Name linear layers, or use LoRA, which takes convolutions too.",
      });
    }
    const [maxIn, maxOut] = [
      Math.max(...targets.map((l) => l.inFeatures)),
      Math.max(...targets.map((l) => l.outFeatures)),
    ];
    // Kaiming-uniform with the bound √(6 / fan_in).
    const A = buffer("vera_A", [r, maxIn], (prng) => uniform(prng, r * maxIn, Math.sqrt(6 / maxIn)));
    const B = buffer("vera_B", [maxOut, r], (prng) => uniform(prng, maxOut * r, Math.sqrt(6 / r)));
    for (const layer of targets) {
      const { module, inFeatures, outFeatures } = layer;
      const part = (v: typeof A, shape: number[]) => b.op("Slice", [v], { starts: [0, 0], steps: [1, 1], shape });
      const [ownA, ownB] = [part(A, [r, inFeatures]), part(B, [outFeatures, r])];
      const inner = trainable(`${module}.vera_lambda_d`, [r], () => new Float32Array(r).fill(config.dInitial));
      const outer = trainable(`${module}.vera_lambda_b`, [outFeatures], () => new Float32Array(outFeatures));
      wrap(layer, (x, base) => {
        const seen = dropout(x, config.dropout, module);
        const low = b.mul(b.matmul(seen, ownA, false, true), inner);
        return b.add(base(x), b.mul(b.matmul(low, ownB, false, true), outer));
      });
      merge(layer, ({ weight, bias }) => {
        const update = b.matmul(b.mul(ownB, inner), ownA);
        return { weight: b.add(weight, b.mul(update, b.reshape(outer, [outFeatures, 1]))), bias };
      });
    }
  },
});
