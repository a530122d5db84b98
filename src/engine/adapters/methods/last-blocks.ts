/**
 * Partial fine-tuning: trains the last blocks of the backbone and everything after them. The rest
 * is frozen. arXiv 1411.1792, section 4
 */
import { z } from "zod";
import { RadaptError } from "../../../base/error";
import { setting } from "../../../base/setting";
import { blocksOf } from "../blocks";
import { defineAdapter } from "../define";

export default defineAdapter({
  id: "last-blocks",
  label: "Last blocks",
  description: "Fine-tunes the last blocks of the backbone, where features are most specific, and freezes the rest.",
  paper: "https://arxiv.org/abs/1411.1792",
  order: 140,
  config: z.strictObject({
    blocks: setting(z.int().min(1).max(256).default(1), {
      title: "Blocks",
      description: "How many blocks, counted from the end, are trained with all that follows them.",
    }),
  }),
  trainingDefaults: { lr: 1e-4, headLr: 1e-3 },
  peft: { type: "LAST_BLOCKS", own: true, fields: { blocks: { key: "blocks" } } },
  title: ({ blocks }) => (blocks === 1 ? "Last block" : `Last ${blocks} blocks`),
  mergeable: true,
  apply: ({ parameters, config, unfreeze }) => {
    const blocks = blocksOf(parameters);
    const order = [...new Set(parameters.map((p) => blocks.get(p)).filter((name) => name !== undefined))];
    const wanted = config.blocks;
    if (order.length < wanted) {
      throw new RadaptError("This backbone has fewer blocks than the method trains", {
        code: "method.targets",
        expected: `at least ${wanted} blocks that repeat in the weights' names`,
        got: order.length === 0 ? "none" : `${order.length}: ${order.slice(0, 8).join(", ")}`,
        remedy: "Train fewer blocks, or use full fine-tuning.",
      });
    }
    const first = order[order.length - wanted];
    parameters.slice(parameters.findIndex((p) => blocks.get(p) === first)).forEach((p) => unfreeze(p));
  },
});
