/**
 * Which output of a model is its feature and how it becomes [B, D]. A pure function of names and shapes, so that the
 * engine (in its graph) and onnxruntime (on its results) mean the same.
 */
import { RadaptError } from "../base/error";
import type { FeatureKind } from "./types";

export interface OutputShape {
  name: string;
  /** With the batch axis first: [B, D], [B, N, D] or [B, C, H, W]. */
  shape: readonly number[];
}

export interface FeatureChoice {
  /** Name of the output. */
  output: string;
  /**
   * What is done with it: "identity" for [B, D]; "token" takes token 0 of [B, N, D]; "tokens" averages the tokens
   * `from`…N−1 of it; "map" averages H and W of [B, C, H, W].
   */
  rule: "identity" | "token" | "tokens" | "map";
  /** First token of the average of rule "tokens": class and register tokens stand before it. 0 otherwise. */
  from: number;
  /** D. */
  width: number;
}

/** Tokens before the patches of a square grid: 1 of 197 = 1 + 14², 5 of 261 = 5 + 16², 0 of 49 = 7². */
export function leadingTokens(tokens: number): number {
  return tokens - Math.floor(Math.sqrt(tokens)) ** 2;
}

/**
 * - "pooled": the first [B, D].
 * - "cls": token 0 of the first [B, N, D].
 * - "mean": the patch tokens' mean of the first [B, N, D], or else the spatial mean of the first [B, C, H, W].
 * - "auto": the first [B, D]; else the first [B, N, D], by its class token or, where it has none (N is a square, as in
 *   Swin), by the mean of its tokens; else the spatial mean of the first [B, C, H, W].
 *
 * @throws RadaptError `feature.none` when no output fits
 */
export function chooseFeature(kind: FeatureKind, outputs: readonly OutputShape[]): FeatureChoice {
  const ofRank = (rank: number) => outputs.find(({ shape }) => shape.length === rank);
  const [flat, tokens, map] = [ofRank(2), ofRank(3), ofRank(4)];
  const token = tokens && { output: tokens.name, rule: "token" as const, from: 0, width: tokens.shape[2] };
  const mean = tokens
    ? { output: tokens.name, rule: "tokens" as const, from: leadingTokens(tokens.shape[1]), width: tokens.shape[2] }
    : map && { output: map.name, rule: "map" as const, from: 0, width: map.shape[1] };
  const pooled = flat && { output: flat.name, rule: "identity" as const, from: 0, width: flat.shape[1] };
  const hasClassToken = tokens !== undefined && leadingTokens(tokens.shape[1]) > 0;
  const auto = pooled ?? (hasClassToken ? token : mean);
  const choice = { auto, pooled, cls: token, mean }[kind];
  if (choice) return choice;
  throw new RadaptError(`The model has no output for the feature "${kind}".`, {
    code: "feature.none",
    where: "outputs of the model",
    expected: {
      auto: "[B, D], [B, N, D] or [B, C, H, W]",
      pooled: "an output [B, D]",
      cls: "an output [B, N, D]",
      mean: "an output [B, N, D] or [B, C, H, W]",
    }[kind],
    got: outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join("; ") || "no output",
    remedy:
      kind === "auto"
        ? "Export the model with its image embedding or last hidden state as an output."
        : 'Choose the feature "auto", or export the model with that output.',
  });
}

/**
 * Applies a choice to the output's values.
 *
 * @param data row-major values of `shape`
 * @param shape [B, …] as in the choice
 * @returns [B, width]
 */
export function applyFeature(choice: FeatureChoice, data: Float32Array, shape: readonly number[]): Float32Array {
  const [batch] = shape;
  const { rule, width, from } = choice;
  if (rule === "identity") return data.slice(0, batch * width);
  const out = new Float32Array(batch * width);
  const inner = rule === "map" ? shape[2] * shape[3] : shape[1];
  const [first, end] = rule === "token" ? [0, 1] : [rule === "map" ? 0 : from, inner];
  for (let b = 0; b < batch; b++)
    for (let d = 0; d < width; d++) {
      let sum = 0;
      for (let i = first; i < end; i++)
        sum += rule === "map" ? data[(b * width + d) * inner + i] : data[(b * inner + i) * width + d];
      out[b * width + d] = sum / (end - first);
    }
  return out;
}
