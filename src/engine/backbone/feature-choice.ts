/**
 * Decides which output of a model is its feature and how it becomes [B, D]. It depends on names and
 * shapes only, so that the engine (in its graph) and onnxruntime (on its results) compute the same
 * feature. Features that are values inside the graph exist in the engine only (`features.ts`).
 */
import { RadaptError } from "../../base/error";
import type { FeatureKind } from "../types";

/** Each kind of feature with a description in one line. */
export const featureKinds = {
  auto: "What the file's outputs suggest: its pooled output, else its class token, else the mean of its tokens or map",
  pooled: "The file's pooled or projected output, one vector an image",
  cls: "The class token of the file's token output",
  mean: "The mean of the patch tokens, or of the places of a feature map",
  "cls+mean": "The class token and the mean patch token, side by side",
  cls4: "The class tokens of the last four blocks, side by side (DINOv2's linear evaluation)",
  "cls4+mean":
    "The class tokens of the last four blocks and the last one's mean patch token (DINOv2's linear evaluation)",
} as const satisfies Record<FeatureKind, string>;

export const featureKindIds = Object.keys(featureKinds) as [FeatureKind, ...FeatureKind[]];

/**
 * Whether a kind of feature is a value inside the graph and no output of the file. Only the engine
 * computes it.
 */
export const isInnerFeature = (kind: FeatureKind): kind is "cls4" | "cls4+mean" => kind.startsWith("cls4");

/** An output of the file. */
export interface OutputShape {
  name: string;
  /** [B, D], [B, N, D] or [B, C, H, W]. */
  shape: readonly number[];
}

/** How a feature is computed from an output. */
export interface FeatureChoice {
  /** Name of the output. */
  output: string;
  /**
   * How the output becomes [B, D]:
   * - "identity" takes [B, D] as it is.
   * - "token" takes token 0 of [B, N, D].
   * - "tokens" averages tokens `from`…N−1 of [B, N, D].
   * - "token+tokens" concatenates these two to [B, 2·D].
   * - "map" averages [B, C, H, W] over H and W.
   */
  rule: "identity" | "token" | "tokens" | "token+tokens" | "map";
  /**
   * First token of the average in rules with "tokens". Class and register tokens come before it. 0
   * for other rules.
   */
  from: number;
  /** Width D of the feature. */
  width: number;
}

/**
 * Number of tokens before the patches of a square grid: 1 of 197 = 1 + 14², 5 of 261 = 5 + 16², 0
 * of 49 = 7².
 */
export function leadingTokens(tokens: number): number {
  return tokens - Math.floor(Math.sqrt(tokens)) ** 2;
}

/**
 * Chooses the output for a kind of feature.
 *
 * - "pooled": the first [B, D].
 * - "cls": token 0 of the first [B, N, D], if it has a class token (N is no square).
 * - "mean": the mean of the patch tokens of the first [B, N, D]. Without one, the spatial mean of
 *   the first [B, C, H, W].
 * - "cls+mean": both of the first [B, N, D] with a class token.
 * - "auto": the first [B, D]. Without one, the first [B, N, D] by its class token, or by the mean
 *   of its tokens where it has no class token (N is a square, as in Swin). Without that, the
 *   spatial mean of the first [B, C, H, W].
 *
 * @throws RadaptError `feature.none` when no output fits, and for kinds that are no output of a
 *   file
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
  const both =
    mean && token && hasClassToken ? { ...mean, rule: "token+tokens" as const, width: 2 * mean.width } : undefined;
  const auto = pooled ?? (hasClassToken ? token : mean);
  const inner = undefined;
  const choice = {
    auto,
    pooled,
    cls: hasClassToken ? token : undefined,
    mean,
    "cls+mean": both,
    cls4: inner,
    "cls4+mean": inner,
  }[kind];
  if (choice) return choice;
  const remedy = "Export the model with its image embedding or last hidden state as an output.";
  throw noFeature(kind, wanted[kind], outputs, kind === "auto" ? remedy : undefined);
}

const wanted: Record<FeatureKind, string> = {
  auto: "[B, D], [B, N, D] or [B, C, H, W]",
  pooled: "an output [B, D]",
  cls: "an output [B, N, D] whose first token is a class token",
  mean: "an output [B, N, D] or [B, C, H, W]",
  "cls+mean": "an output [B, N, D] whose first token is a class token",
  cls4: "the engine, which alone sees the blocks",
  "cls4+mean": "the engine, which alone sees the blocks",
};

export function noFeature(
  kind: FeatureKind,
  expected: string,
  outputs: readonly OutputShape[],
  remedy = 'Choose the feature "auto", or export the model with that output.',
): RadaptError {
  return new RadaptError(`The model has no output for the feature "${kind}".`, {
    code: "feature.none",
    where: "outputs of the model",
    expected,
    got: outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join("; ") || "no output",
    remedy,
  });
}

/**
 * Computes the feature from an output's numbers.
 *
 * @param data row-major numbers of `shape`
 * @param shape as in the choice, with the batch B first
 * @returns [B, width]
 */
export function applyFeature(choice: FeatureChoice, data: Float32Array, shape: readonly number[]): Float32Array {
  const [batch] = shape;
  const { rule, width, from } = choice;
  if (rule === "identity") return data.slice(0, batch * width);
  if (rule === "token+tokens") {
    const parts = (["token", "tokens"] as const).map((part) =>
      applyFeature({ ...choice, rule: part, width: width / 2 }, data, shape),
    );
    return concatenateRows(parts, batch);
  }
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

/** Concatenates the rows of several [batch, D]: [batch, ΣD]. */
function concatenateRows(parts: readonly Float32Array[], batch: number): Float32Array {
  const out = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (const part of parts) {
      const width = part.length / batch;
      out.set(part.subarray(b * width, (b + 1) * width), at);
      at += width;
    }
  return out;
}
