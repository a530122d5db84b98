/**
 * Visual prompt tuning: trains p prompts, which are tokens beside those of the image. Shallow
 * prompts enter before the first block and pass through all blocks. Deep prompts are p separate
 * tokens for each block, which replace those of the block before. The blocks of a plain transformer
 * do not depend on the order of tokens, so the position of the prompts does not matter. The head
 * reads what it reads without prompts: the class token, or the mean of the patches (the paper's
 * "image pool"), which excludes the prompts.
 *
 * Prompts have p·D parameters, or p·D per block if deep. They start at random numbers from
 * U(−√(6/(3·patch² + D)), √(6/(3·patch² + D))). arXiv 2203.12119
 */
import { z } from "zod";
import { setting } from "../../../base/setting";
import { defineAdapter } from "../define";
import { uniform } from "../low-rank";
import { dropoutSetting } from "../low-rank-settings";

export default defineAdapter({
  id: "vpt",
  label: "Visual prompts",
  description:
    "Adds learnt tokens beside the image's and keeps the backbone frozen. For plain vision " +
    "transformers: Swin and CNNs have no place for them.",
  paper: "https://arxiv.org/abs/2203.12119",
  order: 120,
  config: z.strictObject({
    prompts: setting(z.int().min(1).max(200).default(10), {
      title: "Prompts",
      description: "Learnt tokens; parameters and time grow with them. The paper tries 1 to 200.",
    }),
    deep: setting(z.boolean().default(true), {
      title: "Deep",
      description:
        "Prompts of its own for every block (VPT-deep, the better one in the paper) instead of for the first alone.",
    }),
    dropout: dropoutSetting(
      "Share of the prompts' numbers that a step does not see; drawn anew for each image and step. The paper's is 0.1.",
    ),
  }),
  trainingDefaults: { lr: 3e-3, headLr: 1e-2 },
  peft: {
    type: "VPT",
    own: true,
    fields: { prompts: { key: "num_virtual_tokens" }, deep: { key: "deep" }, dropout: { key: "prompt_dropout" } },
  },
  title: ({ prompts, deep, dropout }) =>
    `VPT-${deep ? "deep" : "shallow"} ${prompts}${dropout === 0 ? "" : ` dropout ${dropout}`}`,
  mergeable: false,
  changesAtStart: true,
  needs: "tokens",
  apply: ({ b, layers, config, trainable, dropout, tokens, prompt }) => {
    const { batch, width, blocks } = tokens();
    const p = config.prompts;
    const patch = layers.find((l) => l.role === "patch");
    const bound = Math.sqrt(6 / ((patch?.inFeatures ?? width) + width));
    for (let i = 0; i < (config.deep ? blocks : 1); i++) {
      const name = `prompt_embeddings.${i}`;
      const own = trainable(name, [p, width], (prng) => uniform(prng, p * width, bound));
      const all = b.expand(b.reshape(own, [1, p, width]), [batch, p, width]);
      prompt(config.deep ? i : "all", dropout(all, config.dropout, name));
    }
  },
});
