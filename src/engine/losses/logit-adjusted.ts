/**
 * Logit adjustment: cross-entropy of the logits plus τ·log π_c, where π_c is the share of class c
 * among the training images. arXiv 2007.07314
 */
import { z } from "zod";
import { setting } from "../../base/setting";
import { crossEntropyRows } from "./cross-entropy";
import { defineLoss } from "./define";

export default defineLoss({
  id: "logit-adjusted",
  label: "Logit-adjusted",
  purpose: "makes up for rare classes",
  paper: "https://arxiv.org/abs/2007.07314",
  settings: z.strictObject({
    tau: setting(z.number().min(0).max(10).default(1), {
      title: "Adjustment τ",
      description: "Training logits plus τ · log of the class's share; predictions go without (arXiv 2007.07314)",
    }),
  }),
  planPrefix: "logit",
  correctsImbalance: true,
  rows: crossEntropyRows,
  adjustment: (prior, { tau }) => Float32Array.from(prior, (share) => tau * Math.log(share)),
});
