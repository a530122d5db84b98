/**
 * The pipelines of passes, in order: before the frozen part is cut off, behind that cut, and after
 * the gradients are written, for the training step and for predictions. `runPasses` verifies the
 * graph after each pass under the pass's name, so that an error names the broken pass. A new pass
 * is a file of this folder and a line in one of the lists.
 */
import type { Value } from "../graph/value";
import { verify } from "../graph/verify";
import { convolveByProducts } from "./convolutions";
import { factorGradients } from "./factor-gradients";
import { foldFrozen } from "./fold";
import { foldScales } from "./fold-scales";
import { fuseAttention } from "./fuse-attention";
import { forInference } from "./inference";
import { joinProducts } from "./join-products";
import { fuseLayerNorm } from "./layer-norm";
import { pushDownSlices } from "./slice-pushdown";
import { sumProducts } from "./sum-products";

/** Rewrites a graph, given as its outputs; equal outputs in number, order and meaning. */
export interface Pass {
  name: string;
  run: (outputs: readonly Value[]) => readonly Value[];
}

/** What the engine's own kernels can bind; null for devices that run ONNX's operators. */
export interface KernelLimits {
  /** Storage buffers of one kernel. */
  maxBuffers: number;
}

const dropNothing: Pass = { name: "remove dropout", run: forInference };

/**
 * Simplify the adapted backbone. They come before the frozen part is cut off.
 *
 * @param drops whether inputs are dropped at random while training
 */
export const beforeGradients = ({ drops }: { drops: boolean }): readonly Pass[] => [
  ...(drops ? [] : [dropNothing]),
  { name: "fold frozen values", run: foldFrozen },
  { name: "fuse layer normalisation", run: fuseLayerNorm },
  { name: "fold scales", run: foldScales },
  { name: "push down slices", run: pushDownSlices },
];

/**
 * Rewrite what steps compute of the forward pass. They come behind the cut, so that the frozen part
 * keeps the same results either way.
 *
 * @param fusesAttention whether attention stores no matrix of queries by keys
 */
export const behindCut = ({ fusesAttention }: { fusesAttention: boolean }): readonly Pass[] =>
  fusesAttention ? [{ name: "fuse attention", run: fuseAttention }] : [];

/** Write products and convolutions as the engine's own kernels compute them. */
const lowering = (kernels: KernelLimits | null): Pass[] =>
  kernels
    ? [
        { name: "join products", run: (outputs) => joinProducts(outputs, kernels.maxBuffers) },
        { name: "convolve by products", run: convolveByProducts },
      ]
    : [];

/** For the loss and its gradients. */
export const afterGradients = (kernels: KernelLimits | null): Pass[] => [
  { name: "factor gradients", run: factorGradients },
  ...lowering(kernels),
  { name: "sum products", run: sumProducts },
];

/** For the logits that predictions read. */
export const forPrediction = (kernels: KernelLimits | null): readonly Pass[] => [dropNothing, ...lowering(kernels)];

/** Runs passes in order. @throws AssertionError naming the first pass that leaves a broken graph */
export const runPasses = (outputs: readonly Value[], passes: readonly Pass[]): readonly Value[] =>
  passes.reduce((values, { name, run }) => verify(run(values), name), outputs);
