/** LayerNorm tuning: trains only the scale and shift of the normalisations. arXiv 2312.11420 */
import { z } from "zod";
import { RadaptError } from "../../../base/error";
import { names, setting } from "../../../base/setting";
import { defineAdapter } from "../define";
import type { Norm } from "../structure";
import { isTarget, noTargets, type TargetNames } from "../targets";

const wantedNorms = (norms: readonly Norm[], targets: TargetNames) =>
  targets === "auto" ? norms : norms.filter((n) => isTarget(n, targets, norms));

export default defineAdapter({
  id: "ln-tuning",
  label: "LayerNorm tuning",
  description: "Trains only the scale and shift of the normalisations: some ten thousand parameters.",
  paper: "https://arxiv.org/abs/2312.11420",
  order: 60,
  config: z.strictObject({
    targets: setting(names.default("auto"), {
      title: "Target layers",
      description: "auto: every normalisation. Or module names (norm1, layer_norm2).",
    }),
  }),
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  peft: {
    type: "LN_TUNING",
    fields: { targets: { key: "target_modules" } },
    modules: ({ norms }, { targets }) => ({ targets: wantedNorms(norms, targets) }),
  },
  title: () => "LayerNorm tuning",
  mergeable: true,
  apply: ({ norms, config, unfreeze }) => {
    if (norms.length === 0) {
      throw new RadaptError("This backbone has no normalisation with weights of its own", {
        code: "method.targets",
        expected: "layer or batch normalisations with a scale and a shift",
        got: "none",
        remedy:
          "Exporters fold batch normalisation into the convolutions: use SSF or BitFit there, or " +
          "export in training mode.",
      });
    }
    const wanted = wantedNorms(norms, config.targets);
    if (wanted.length === 0) throw noTargets(config.targets, norms);
    for (const { module, weight, bias } of wanted) {
      unfreeze(weight, `${module}.ln_tuning_layers.weight`);
      if (bias?.op === "Parameter") unfreeze(bias, `${module}.ln_tuning_layers.bias`);
    }
  },
});
