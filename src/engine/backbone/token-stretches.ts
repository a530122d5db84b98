/**
 * Where further tokens can go through a plain vision transformer: all its blocks, or one attention
 * alone.
 */
import { RadaptError } from "../../base/error";
import { Builder } from "../graph/builder";
import { dependents, topological, type Value } from "../graph/value";
import { insertTokens, type Stretch } from "../passes/insert-tokens";
import type { Attention } from "./attention";
import type { Structure } from "./layers";
import { findTokenStream, type TokenStream } from "./token-stream";

/** What of a backbone tells where its tokens go. */
export interface TokenStructure extends Pick<Structure, "view" | "attentions" | "residuals"> {
  outputs: readonly { value: Value }[];
}

/** What of `order` depends on `from` (which is left out) and leads to one of `to`. */
function between(order: readonly Value[], from: Value, to: readonly Value[]): Set<Value> {
  const inside = dependents(order, [from]);
  const before = new Set(topological(to));
  return new Set([...inside].filter((v) => v !== from && before.has(v)));
}

/** Prompts go through all blocks with the tokens. */
export function throughAll(order: readonly Value[], { blocks, end }: TokenStream, added: Value): Stretch {
  const [{ input: start }] = blocks;
  const softmaxes = blocks.map((block) => block.attention.softmax);
  return { start, added, inside: between(order, start, [end]), without: new Map(), softmaxes };
}

/**
 * Prompts that the next block replaces act through one attention's keys and values alone: nothing
 * else of the block reads them, so that their queries are taken away, and with them all that
 * follows the attention.
 */
export function inOneBlock(order: readonly Value[], start: Value, attention: Attention, added: Value): Stretch {
  const { scores, mix, softmax, keySide, valueSide } = attention;
  const made = between(order, start, [...scores.inputs, mix.inputs[valueSide]]);
  const mixed = between(order, scores, [mix]);
  const without = new Map([[scores, 1 - keySide]]);
  return { start, added, inside: new Set([...made, scores, ...mixed]), without, softmaxes: [softmax] };
}

/**
 * Why a backbone takes no further tokens, e.g. "no attention, hence no tokens"; null where it takes
 * them.
 */
export function whyNoTokens(bound: TokenStructure): string | null {
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
