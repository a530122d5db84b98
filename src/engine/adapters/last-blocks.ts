/**
 * Partial fine-tuning: the last blocks of the backbone are trained, with all that follows them, and the rest is frozen.
 * arXiv 1411.1792, section 4
 */
import { RadaptError } from "../../base/error";
import type { Value } from "../ir/value";
import { defineAdapter } from "./define";

const isNumber = (part: string) => /^\d+$/.test(part);
/** A path part that counts: "11", "encoder_layer_11", "denselayer16". */
const isNumbered = (part: string) => /\d$/.test(part);

/**
 * The block of each weight by its name: the deepest numbered path with at least two matrices below it, so that neither
 * "mlp.0" nor "conv1" is one; of numbers in a row ("layers.3.1") the first.
 */
export function blocksOf(parameters: readonly Value[]): Map<Value, string> {
  const matrices = new Map<string, number>();
  const prefixes = (name: string) => {
    const parts = name.split(".");
    return parts
      .flatMap((part, i) => (isNumbered(part) && i < parts.length - 1 ? [i + 1] : []))
      .map((end) => parts.slice(0, end));
  };
  for (const p of parameters.filter((v) => v.shape.length > 1))
    for (const parts of prefixes(p.name!)) matrices.set(parts.join("."), (matrices.get(parts.join(".")) ?? 0) + 1);
  const blocks = new Map<Value, string>();
  for (const p of parameters) {
    const deepest = prefixes(p.name!).findLast((parts) => (matrices.get(parts.join(".")) ?? 0) > 1);
    if (!deepest) continue;
    while (deepest.length > 1 && isNumber(deepest.at(-1)!) && isNumber(deepest.at(-2)!)) deepest.pop();
    blocks.set(p, deepest.join("."));
  }
  return blocks;
}

export default defineAdapter({
  id: "last-blocks",
  label: "Last blocks",
  description: "Fine-tunes the last blocks of the backbone, where features are most specific, and freezes the rest.",
  paper: "https://arxiv.org/abs/1411.1792",
  config: [
    {
      key: "blocks",
      label: "Blocks",
      kind: "integer",
      default: 1,
      min: 1,
      max: 256,
      help: "How many blocks, counted from the end, are trained with all that follows them.",
    },
  ],
  trainingDefaults: { lr: 1e-4, headLr: 1e-3 },
  peft: { type: "LAST_BLOCKS", fields: { blocks: { key: "blocks" } } },
  title: ({ blocks }) => (blocks === 1 ? "Last block" : `Last ${blocks} blocks`),
  mergeable: true,
  apply: ({ parameters, config, unfreeze }) => {
    const blocks = blocksOf(parameters);
    const order = [...new Set(parameters.map((p) => blocks.get(p)).filter((name) => name !== undefined))];
    const wanted = config.blocks as number;
    if (order.length < wanted) {
      throw new RadaptError("This backbone has fewer blocks than the method trains", {
        code: "method.targets",
        expected: `at least ${wanted} numbered blocks among the weights' names`,
        got: order.length === 0 ? "none" : `${order.length}: ${order.slice(0, 8).join(", ")}`,
        remedy: "Train fewer blocks, or use full fine-tuning.",
      });
    }
    const first = order[order.length - wanted];
    parameters.slice(parameters.findIndex((p) => blocks.get(p) === first)).forEach((p) => unfreeze(p));
  },
});
