/** Prompts among the tokens of a plain vision transformer: what a method asks for, as stretches of a longer graph. */
import { RadaptError } from "../../base/error";
import type { Attention } from "../backbone/attention";
import type { Structure } from "../backbone/layers";
import { findTokenStream, type TokenStream } from "../backbone/token-stream";
import { Builder } from "../graph/builder";
import { dependents, topological, type Value } from "../graph/value";
import { insertTokens, type Stretch } from "../passes/insert-tokens";
import { adapters } from ".";
import type { AdapterContext } from "./define";

/** What of a backbone tells where its tokens go. */
interface BackboneStructure extends Pick<Structure, "view" | "attentions" | "residuals"> {
  outputs: readonly { value: Value }[];
}

/** What of `order` depends on `from` (which is left out) and leads to one of `to`. */
function between(order: readonly Value[], from: Value, to: readonly Value[]): Set<Value> {
  const inside = dependents(order, [from]);
  const before = new Set(topological(to));
  return new Set([...inside].filter((v) => v !== from && before.has(v)));
}

/** Prompts go through all blocks with the tokens. */
function throughAll(order: readonly Value[], { blocks, end }: TokenStream, added: Value): Stretch {
  const [{ input: start }] = blocks;
  const softmaxes = blocks.map((block) => block.attention.softmax);
  return { start, added, inside: between(order, start, [end]), without: new Map(), softmaxes };
}

/**
 * Prompts that the next block replaces act through one attention's keys and values alone: nothing else of the block reads
 * them, so that their queries are taken away, and with them all that follows the attention.
 */
function inOneBlock(order: readonly Value[], start: Value, attention: Attention, added: Value): Stretch {
  const { scores, mix, softmax, keySide, valueSide } = attention;
  const made = between(order, start, [...scores.inputs, mix.inputs[valueSide]]);
  const mixed = between(order, scores, [mix]);
  const without = new Map([[scores, 1 - keySide]]);
  return { start, added, inside: new Set([...made, scores, ...mixed]), without, softmaxes: [softmax] };
}

/** The part of a method's context that is about prompts, and the feature with those that were asked for. */
export function promptable(b: Builder, plain: Value, bound: BackboneStructure, label: string) {
  const order = topological([plain]);
  const wanted: { at: number | "all"; prompts: Value }[] = [];
  let stream: TokenStream | undefined;
  const streamOf = () => {
    stream ??= plainStream(bound, order, label);
    return stream;
  };
  const stretchOf = ({ at, prompts }: (typeof wanted)[number]): Stretch => {
    if (at === "all") return throughAll(order, streamOf(), prompts);
    const { input, attention } = streamOf().blocks[at];
    return inOneBlock(order, input, attention, prompts);
  };
  const tokens: AdapterContext["tokens"] = () => {
    const { blocks, width } = streamOf();
    return { batch: plain.shape[0], width, blocks: blocks.length };
  };
  const prompt: AdapterContext["prompt"] = (at, prompts) => void wanted.push({ at, prompts });
  const any = () => wanted.length > 0;
  const apply = () => (any() ? insertTokens(b, [plain], wanted.map(stretchOf))[0] : plain);
  return { tokens, prompt, any, apply };
}

/** Methods that have no place on a backbone, and why. */
export function misfitsOf(bound: BackboneStructure): { method: string; reason: string }[] {
  const wanting = adapters.filter((a) => a.needs === "tokens");
  const reason = wanting.length > 0 && tokensMisfit(bound);
  return reason ? wanting.map(({ id }) => ({ method: id, reason })) : [];
}

/** Why prompts have no place in a backbone, or null. */
function tokensMisfit(bound: BackboneStructure): string | null {
  const outputs = bound.outputs.map((o) => o.value);
  const order = topological(outputs);
  const stream = findTokenStream(bound, new Set(order));
  if ("reason" in stream) return stream.reason;
  const b = new Builder();
  try {
    insertTokens(b, outputs, [throughAll(order, stream, b.input("prompts", [bound.view.batch, 1, stream.width]))]);
    return null;
  } catch (error) {
    if (error instanceof RadaptError) return error.parts.got ?? error.message;
    throw error;
  }
}

/** @throws RadaptError `method.backbone` */
function plainStream(bound: BackboneStructure, order: readonly Value[], label: string): TokenStream {
  const found = findTokenStream(bound, new Set(order));
  if (!("reason" in found)) return found;
  throw new RadaptError(`This backbone has no place for ${label.toLowerCase()}`, {
    code: "method.backbone",
    expected: "a plain vision transformer (ViT, DeiT, CLIP, DINOv2), in whose blocks every token attends to all others",
    got: found.reason,
    remedy: "Use another method for this backbone, e.g. LoRA, SSF or BitFit.",
  });
}
