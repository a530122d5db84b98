/**
 * Where additional tokens can pass through a plain vision transformer: through all its blocks, or
 * through one attention only.
 */
import { RadaptError } from "../../base/error";
import { Builder } from "../graph/builder";
import { dependents, topological, type Value } from "../graph/value";
import { insertTokens, type TokenRegion } from "../passes/insert-tokens";
import type { Attention } from "./attention";
import type { Structure } from "./layers";
import { findTokenStream, type TokenStream } from "./token-stream";

/** The parts of a backbone that tell where its tokens pass. */
export interface TokenStructure extends Pick<Structure, "view" | "attentions" | "residuals"> {
  outputs: readonly { value: Value }[];
}

/** The values of `order` between `from` (excluded) and `to` (included). */
function between(order: readonly Value[], from: Value, to: readonly Value[]): Set<Value> {
  const inside = dependents(order, [from]);
  const before = new Set(topological(to));
  return new Set([...inside].filter((v) => v !== from && before.has(v)));
}

/** The region of prompts that pass through all blocks together with the tokens. */
export function throughAll(order: readonly Value[], { blocks, end }: TokenStream, added: Value): TokenRegion {
  const [{ input: start }] = blocks;
  const softmaxes = blocks.map((block) => block.attention.softmax);
  return { start, added, inside: between(order, start, [end]), without: new Map(), softmaxes };
}

/**
 * The region of prompts that the next block replaces. Nothing reads the result of these prompts, so
 * they need no queries. They act only as keys and values of one attention.
 */
export function inOneBlock(order: readonly Value[], start: Value, attention: Attention, added: Value): TokenRegion {
  const { scores, mix, softmax, keySide, valueSide } = attention;
  const made = between(order, start, [...scores.inputs, mix.inputs[valueSide]]);
  const mixed = between(order, scores, [mix]);
  const without = new Map([[scores, 1 - keySide]]);
  return { start, added, inside: new Set([...made, scores, ...mixed]), without, softmaxes: [softmax] };
}

/**
 * Why a backbone cannot take additional tokens, e.g. "no attention, hence no tokens". null where it
 * can.
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
