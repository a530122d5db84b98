/**
 * SSF: a learnt scale and shift per channel after every linear layer, convolution and
 * normalisation, y ← γ ⊙ y + β. γ starts at 1 and β at 0, so that nothing changes at first. (The
 * paper draws numbers close to these.) arXiv 2210.08823
 */
import { z } from "zod";
import { channelShape } from "../../graph/tensor";
import { defineAdapter } from "../define";
import { isTarget, noTargets, targetsSetting } from "../targets";

export default defineAdapter({
  id: "ssf",
  label: "SSF",
  description: "Learns a scale and a shift for every channel after each layer and normalisation; suits CNNs too.",
  paper: "https://arxiv.org/abs/2210.08823",
  order: 80,
  config: z.strictObject({ targets: targetsSetting("every linear layer, convolution and normalisation") }),
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  peft: { type: "SSF", own: true, fields: { targets: { key: "target_modules" } } },
  title: () => "SSF",
  mergeable: true,
  apply: ({ b, layers, norms, config, trainable, after, merge }) => {
    const all = [...layers, ...norms];
    const sites = config.targets === "auto" ? all : all.filter((site) => isTarget(site, config.targets, all));
    if (sites.length === 0) throw noTargets(config.targets, all);
    for (const site of sites) {
      const { module, output, features, axis, weight: own } = site;
      const gamma = trainable(`${module}.ssf_scale`, [features], () => new Float32Array(features).fill(1));
      const beta = trainable(`${module}.ssf_shift`, [features], () => new Float32Array(features));
      after(output, (y) => {
        const shape = channelShape(features, y.shape.length, axis);
        return b.add(b.mul(y, b.reshape(gamma, shape)), b.reshape(beta, shape));
      });
      merge(site, ({ weight, bias }) => ({
        weight: b.mul(weight, b.reshape(gamma, [features, ...own.shape.slice(1).map(() => 1)])),
        bias: bias ? b.add(b.mul(b.reshape(bias, [features]), gamma), beta) : beta,
      }));
    }
  },
});
