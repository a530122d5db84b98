/** Cross-entropy: w·Σ_c t_c·(−log p_c). */
import { z } from "zod";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import { defineLoss, type LossInputs } from "./define";

export const crossEntropyRows = (b: Builder, { logits, targets, weights }: LossInputs): Value =>
  b.op("CrossEntropyRows", [logits, targets, weights]);

export default defineLoss({
  id: "cross-entropy",
  label: "Cross-entropy",
  torch: "torch.nn.CrossEntropyLoss",
  settings: z.strictObject({}),
  planPrefix: "crossEntropy",
  rows: crossEntropyRows,
});
