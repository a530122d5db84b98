/**
 * The common part of the low-rank methods: the matrices A [r, in] and B [out, r] of a layer, with
 * the names and shapes of Hugging Face PEFT.
 */
import { RadaptError } from "../../base/error";
import type { Prng } from "../../base/prng";
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";
import type { AdapterContext } from "./define";
import type { Rows } from "./fused";
import type { LowRankConfig } from "./low-rank-settings";
import type { AdaptableLayer } from "./structure";
import {
  AUTO_ROLES,
  attentionRoles,
  isTarget,
  MLP_ROLES,
  type RoleSets,
  selectTargets,
  type TargetNames,
} from "./targets";

/** `count` random numbers from U(−bound, bound). */
export function uniform(prng: Prng, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * prng.uniform() - 1) * bound);
}

const lowRankTargetSets: RoleSets = {
  auto: () => AUTO_ROLES,
  study: (layers) => {
    const attention = attentionRoles(layers);
    return attention.length === 1 ? [...attention, ...MLP_ROLES] : attention;
  },
};

/**
 * The layers to adapt. A role selects only layers that allow a low-rank update, i.e. no grouped
 * convolutions.
 *
 * @throws RadaptError `method.targets` where no layer matches, or where a name selects a grouped
 *   convolution
 */
export function lowRankTargets(layers: readonly AdaptableLayer[], targets: TargetNames): AdaptableLayer[] {
  const roles = new Set([targets].flat());
  const chosen = selectTargets(layers, targets, lowRankTargetSets);
  const possible = chosen.filter((l) => !isGrouped(l) || !roles.has(l.role));
  if (possible.length === 0) assertUngrouped(chosen[0]);
  return possible;
}

/**
 * A layer with the ranges of outputs that have matrices of their own: one range with all outputs,
 * or ranges for q, k and v.
 */
export interface LowRankSite {
  layer: AdaptableLayer;
  places: { name: string; rows: Rows | null }[];
}

/**
 * The layers to adapt. If the targets name parts of a fused projection (q, k or v) but not the
 * projection, only these parts are adapted.
 */
export function lowRankSites(layers: readonly AdaptableLayer[], targets: TargetNames): LowRankSite[] {
  const roles = [targets].flat();
  const partsOf = (layer: AdaptableLayer): [string, Rows][] => {
    const parts = isTarget(layer, targets, layers, lowRankTargetSets) ? {} : (layer.parts ?? {});
    return Object.entries<Rows>(parts).filter(([part]) => roles.includes(`attn.${part}`));
  };
  const parted = layers.filter((l) => partsOf(l).length > 0);
  const whole = layers.some((l) => isTarget(l, targets, layers, lowRankTargetSets)) || parted.length === 0;
  const chosen = whole ? lowRankTargets(layers, targets) : [];
  return [
    ...chosen.map((layer) => ({ layer, places: [{ name: layer.module, rows: null }] })),
    ...parted.map((layer) => ({
      layer,
      places: partsOf(layer).map(([part, rows]) => ({ name: `${layer.module}.${part}`, rows })),
    })),
  ];
}

/**
 * Declares A ~ U(−1/√in, 1/√in) and B = 0. For a convolution, A has the layer's kernel and B is
 * 1×1.
 *
 * @param out number of outputs that the pair updates: all of the layer's, or those of a part
 * @param name prefix of the pair's names in a checkpoint
 * @throws RadaptError `method.targets` for a grouped convolution
 */
export function lowRankPair(
  { trainable }: Pick<AdapterContext, "trainable">,
  layer: AdaptableLayer,
  r: number,
  out = layer.outFeatures,
  name = layer.module,
): { A: Value; B: Value } {
  const { weight, inFeatures } = layer;
  const kernel = weight.shape.slice(2);
  assertUngrouped(layer);
  const A = trainable(`${name}.lora_A.weight`, [r, ...(kernel.length ? weight.shape.slice(1) : [inFeatures])], (prng) =>
    uniform(prng, r * inFeatures, 1 / Math.sqrt(inFeatures)),
  );
  const B = trainable(`${name}.lora_B.weight`, [out, r, ...kernel.map(() => 1)], () => new Float32Array(out * r));
  return { A, B };
}

const isGrouped = ({ product }: AdaptableLayer) => Number(product.attrs.group ?? 1) > 1;

/** @throws RadaptError `method.targets` for a grouped convolution */
export function assertUngrouped(layer: AdaptableLayer): void {
  if (!isGrouped(layer)) return;
  throw new RadaptError("A low-rank update of a grouped convolution is not defined", {
    code: "method.targets",
    where: layer.module,
    expected: "linear layers and convolutions of one group",
    got: `a convolution of ${layer.product.attrs.group} groups`,
    remedy: "Leave this layer out of the targets; the role conv does.",
  });
}

/**
 * Computes scaling · B(A(x)) in the layout of the layer's product: rows of features, feature maps
 * [B, C, HW], or a convolution. It scales the narrow A(x) instead of the wide result, because that
 * costs less, also in the backward pass.
 */
export function lowRankProduct(
  b: Builder,
  layer: AdaptableLayer,
  x: Value,
  { A, B, scaling }: { A: Value; B: Value; scaling: number },
): Value {
  const [out, r] = B.shape;
  const flatA = b.reshape(A, [r, layer.inFeatures]);
  const flatB = b.reshape(B, [out, r]);
  if (layer.product.op === "Conv") {
    const low = b.scale(b.op("Conv", [x, A], layer.product.attrs), scaling);
    const [batch, , h, w] = low.shape;
    return b.reshape(b.matmul(flatB, b.reshape(low, [batch, r, h * w])), [batch, out, h, w]);
  }
  if (layer.side === 0) return b.matmul(flatB, b.scale(b.matmul(flatA, x), scaling));
  return b.matmul(b.scale(b.matmul(x, flatA, false, true), scaling), flatB, false, true);
}

/** The product BA in the weight's shape [out, in, …]. */
export function lowRankDelta(b: Builder, layer: AdaptableLayer, A: Value, B: Value): Value {
  const [out, r] = B.shape;
  const product = b.matmul(b.reshape(B, [out, r]), b.reshape(A, [r, layer.inFeatures]));
  return b.reshape(product, [out, ...A.shape.slice(1)]);
}

/** Pads a change of some outputs with zeros for the other outputs. */
export function padToAllOutputs(b: Builder, layer: AdaptableLayer, rows: Rows, change: Value, axis: number): Value {
  return b.op("Pad", [change], {
    starts: change.shape.map((_, i) => (i === axis ? rows.from : 0)),
    steps: change.shape.map(() => 1),
    shape: change.shape.map((d, i) => (i === axis ? layer.outFeatures : d)),
  });
}

/**
 * Trains biases as PEFT's setting `bias` says: all of them, or those of the adapted layers. PEFT
 * keeps the latter in the wrapped layer's `base_layer`.
 */
export function trainBiases(
  { config, parameters, unfreeze }: AdapterContext<LowRankConfig>,
  adapted: readonly AdaptableLayer[],
): void {
  if (config.bias === "none") return;
  const own = new Map(adapted.map((l) => [l.bias, `${l.module}.base_layer.bias`]));
  for (const p of parameters) {
    const name = own.get(p);
    if (name || (config.bias === "all" && p.name!.endsWith("bias"))) unfreeze(p, name);
  }
}
