/**
 * Adds prompts to the tokens of a plain vision transformer. It collects what a method asks for, and
 * then extends the token axis of the graph where the prompts pass through.
 */
import { RadaptError } from "../../base/error";
import { inOneBlock, type TokenStructure, throughAll } from "../backbone/token-regions";
import { findTokenStream, type TokenStream } from "../backbone/token-stream";
import type { Builder } from "../graph/builder";
import { topological, type Value } from "../graph/value";
import { insertTokens, type TokenRegion } from "../passes/insert-tokens";
import type { AdapterContext } from "./define";

/**
 * Gives the prompt functions of a method's context, and `apply`, which returns the feature with the
 * requested prompts.
 */
export function promptable(b: Builder, plain: Value, bound: TokenStructure, label: string) {
  const order = topological([plain]);
  const requests: { at: number | "all"; prompts: Value }[] = [];
  let stream: TokenStream | undefined;
  const streamOf = () => {
    stream ??= plainStream(bound, order, label);
    return stream;
  };
  const regionOf = ({ at, prompts }: (typeof requests)[number]): TokenRegion => {
    if (at === "all") return throughAll(order, streamOf(), prompts);
    const { input, attention } = streamOf().blocks[at];
    return inOneBlock(order, input, attention, prompts);
  };
  const tokens: AdapterContext["tokens"] = () => {
    const { blocks, width } = streamOf();
    return { batch: plain.shape[0], width, blocks: blocks.length };
  };
  const prompt: AdapterContext["prompt"] = (at, prompts) => void requests.push({ at, prompts });
  const any = () => requests.length > 0;
  const apply = () => (any() ? insertTokens(b, [plain], requests.map(regionOf))[0] : plain);
  return { tokens, prompt, any, apply };
}

/** @throws RadaptError `method.backbone` where the backbone is no plain vision transformer */
function plainStream(bound: TokenStructure, order: readonly Value[], label: string): TokenStream {
  const found = findTokenStream(bound, new Set(order));
  if (!("reason" in found)) return found;
  throw new RadaptError(`This backbone has no place for ${label.toLowerCase()}`, {
    code: "method.backbone",
    expected: "a plain vision transformer (ViT, DeiT, CLIP, DINOv2), in whose blocks every token attends to all others",
    got: found.reason,
    remedy: "Use another method for this backbone, e.g. LoRA, SSF or BitFit.",
  });
}
