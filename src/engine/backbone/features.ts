/**
 * The input of the head as a graph value. It comes from an output of the file, by the rule that
 * also applies to onnxruntime's results. Or it comes from the residual stream after each of the
 * last blocks, as in DINOv2's linear evaluation (arXiv 2304.07193, B.3).
 */
import { RadaptError } from "../../base/error";
import { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import { layerNorm } from "../ops/layer-norm";
import type { FeatureKind, FeatureOption, Model } from "../types";
import { type Backbone, bindModel, type OpenedModel } from "./bind";
import { chooseFeature, featureKindIds, isInnerFeature, leadingTokens, noFeature } from "./feature-choice";
import { behindViews, isTransparent } from "./graph-view";
import { blockOutputs, residualStream } from "./residual";

/** Number of last blocks that DINOv2's linear evaluation reads. */
const BLOCKS = 4;

const shapesOf = (bound: Backbone) => bound.outputs.map((o) => ({ name: o.name, shape: o.value.shape }));

/**
 * The tokens after each of the last blocks, [B, N, D] or [N, B, D], or the reason why there are
 * none.
 */
export function lastBlocks(bound: Backbone): { blocks: Value[] } | { reason: string } {
  const stream = residualStream(bound.residuals);
  const mixes = bound.attentions.map((a) => a.mix);
  const blocks = blockOutputs(bound.view, stream, mixes).map(behindViews).slice(-BLOCKS);
  const [first] = blocks;
  if (!first) return { reason: "no residual stream of attention blocks was found" };
  if (blocks.length < BLOCKS) return { reason: `the last stage has ${blocks.length} of the ${BLOCKS} blocks` };
  if (first.shape.length !== 3 || blocks.some((v) => v.shape.join() !== first.shape.join()))
    return { reason: `the last ${BLOCKS} blocks do not give tokens of one shape` };
  const tokens = Math.max(...first.shape.slice(0, 2));
  return leadingTokens(tokens) > 0 ? { blocks } : { reason: "there is no class token" };
}

/** Scale, shift and eps of the normalisation that follows the stream, or null where none does. */
function finalNorm(bound: Backbone, end: Value): { eps: number; scale: Value | null; shift: Value | null } | null {
  const { view } = bound;
  const consumersOf = (v: Value) => view.consumers.get(v) ?? [];
  /** The next node with that operator, through views. */
  const next = (start: Value, op: string): Value | undefined => {
    const queue = [...consumersOf(start)];
    while (queue.length) {
      const v = queue.shift()!;
      if (v.op === op) return v;
      if (isTransparent(view, v)) queue.push(...consumersOf(v));
    }
  };
  const norm = next(end, "Standardize");
  if (!norm || norm.shape.at(-1) !== end.shape[2]) return null;
  /** The stored operand of a sum or product that directly reads `v`. */
  const affine = (v: Value, op: string) => {
    const user = consumersOf(v).find((c) => c.op === op);
    const stored = user?.inputs.find((i) => !view.active.has(i)) ?? null;
    return stored && { user: user!, stored };
  };
  const scaled = affine(norm, "Mul");
  const shifted = affine(scaled?.user ?? norm, "Add");
  return { eps: norm.attrs.eps as number, scale: scaled?.stored ?? null, shift: shifted?.stored ?? null };
}

/** The mean of tokens [from, from + count) of [B, N, D], as [B, D]. */
function meanToken(b: Builder, x: Value, from: number, count: number): Value {
  const [batch, , width] = x.shape;
  const part = b.op("Slice", [x], { starts: [0, from, 0], steps: [1, 1, 1], shape: [batch, count, width] });
  return b.reshape(b.scale(b.sum(part, [1]), 1 / count), [batch, width]);
}

function blockFeature(b: Builder, bound: Backbone, kind: FeatureKind, tokensFirst: boolean): Value {
  const found = lastBlocks(bound);
  if ("reason" in found)
    throw noFeature(kind, `${BLOCKS} blocks with a class token, but ${found.reason}`, shapesOf(bound));
  const { blocks } = found;
  const norm = finalNorm(bound, blocks[BLOCKS - 1]);
  const normed = (x: Value) => (norm ? layerNorm(b, x, x.shape.length - 1, norm.eps, norm.scale, norm.shift) : x);
  const streams = blocks.map((v) => (tokensFirst ? b.transpose(v, [1, 0, 2]) : v));
  const parts = streams.map((x) => normed(meanToken(b, x, 0, 1)));
  if (kind === "cls4+mean") {
    const from = leadingTokens(streams[0].shape[1]);
    parts.push(meanToken(b, normed(streams[BLOCKS - 1]), from, streams[0].shape[1] - from));
  }
  return b.op("Concat", parts, { axis: 1 });
}

/**
 * The feature [B, D] as a graph value.
 *
 * @param tokensFirst whether the stream inside the graph is [N, B, D]
 * @throws RadaptError `feature.none`
 */
function featureValue(b: Builder, bound: Backbone, kind: FeatureKind, tokensFirst: boolean): Value {
  if (isInnerFeature(kind)) return blockFeature(b, bound, kind, tokensFirst);
  const choice = chooseFeature(kind, shapesOf(bound));
  const y = bound.outputs.find((o) => o.name === choice.output)!.value;
  if (choice.rule === "identity") return y;
  const [batch, tokens] = y.shape;
  if (choice.rule === "map") {
    const area = y.shape[2] * y.shape[3];
    return b.reshape(b.scale(b.sum(y, [2, 3]), 1 / area), [batch, choice.width]);
  }
  const token = () => meanToken(b, y, 0, 1);
  const mean = () => meanToken(b, y, choice.from, tokens - choice.from);
  if (choice.rule === "token+tokens") return b.op("Concat", [token(), mean()], { axis: 1 });
  return choice.rule === "token" ? token() : mean();
}

/** A model with the choices that its file leaves open. */
export interface FeatureSource {
  model: Model;
  /** Height and width where the file leaves them free. */
  imageSize?: number;
  /** Default: "auto". */
  feature?: FeatureKind;
}

/** A feature for a batch size. */
export interface FeatureGraphRequest extends FeatureSource {
  /** Batch size of the graph. */
  batch: number;
}

/**
 * Builds the backbone for a batch, with its feature [B, D].
 *
 * @throws RadaptError `feature.none` when the model has no such feature
 * @throws RadaptError `onnx.fixed-batch` when the file fixes another batch size
 */
export function plainFeature({ model, batch, imageSize, feature = "auto" }: FeatureGraphRequest): {
  bound: Backbone;
  plain: Value;
} {
  const bound = bindModel(model, batch, imageSize);
  const { tokensFirst } = model as OpenedModel;
  const plain = featureValue(new Builder(), bound, feature, tokensFirst);
  if (plain.shape[0] === batch) return { bound, plain };
  throw new RadaptError("The model's feature does not follow the batch size", {
    code: "onnx.fixed-batch",
    expected: `a first axis of ${batch}`,
    got: `[${plain.shape.join(", ")}]`,
    remedy: "Export the model with a free (dynamic) batch axis.",
  });
}

/** Every kind of feature with its width for this model, or the reason why the model lacks it. */
export function featureOptions(bound: Backbone): FeatureOption[] {
  return featureKindIds.map((kind): FeatureOption => {
    if (isInnerFeature(kind)) {
      const found = lastBlocks(bound);
      if ("reason" in found) return { kind, width: null, reason: found.reason };
      return { kind, width: found.blocks[0].shape[2] * (kind === "cls4" ? BLOCKS : BLOCKS + 1) };
    }
    try {
      return { kind, width: chooseFeature(kind, shapesOf(bound)).width };
    } catch (error) {
      if (!(error instanceof RadaptError)) throw error;
      return { kind, width: null, reason: `the file lacks ${error.parts.expected}` };
    }
  });
}
