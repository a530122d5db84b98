/**
 * The pipelines of passes, in order. Some run before the frozen part is cut off, some after that
 * cut, and some after the gradients are written. `runPasses` verifies the graph after each pass, so
 * that an error names the broken pass. A new pass is a file of this folder and a line in one of the
 * lists.
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

/**
 * Rewrites a graph, given by its outputs. The new outputs have the same number, order and meaning.
 */
export interface Pass {
  name: string;
  run: (outputs: readonly Value[]) => readonly Value[];
}

/** Limits of the engine's own kernels. null for devices that run ONNX's operators. */
export interface KernelLimits {
  /** Storage buffers that a kernel may bind. */
  maxBuffers: number;
}

const removeDropout: Pass = { name: "remove dropout", run: forInference };

/**
 * Passes that simplify the adapted backbone, before the frozen part is cut off.
 *
 * @param drops whether dropout is active in training
 */
export const beforeGradients = ({ drops }: { drops: boolean }): readonly Pass[] => [
  ...(drops ? [] : [removeDropout]),
  { name: "fold frozen values", run: foldFrozen },
  { name: "fuse layer normalisation", run: fuseLayerNorm },
  { name: "fold scales", run: foldScales },
  { name: "push down slices", run: pushDownSlices },
];

/**
 * Passes on the part of the forward pass that steps compute. They run after the cut, so that the
 * frozen part gives the same results whether they run or not.
 *
 * @param fusesAttention whether attention must not store its matrix of queries by keys
 */
export const afterCut = ({ fusesAttention }: { fusesAttention: boolean }): readonly Pass[] =>
  fusesAttention ? [{ name: "fuse attention", run: fuseAttention }] : [];

/**
 * Passes that write products and convolutions in the form that the engine's own kernels compute.
 */
const lowering = (kernels: KernelLimits | null): Pass[] =>
  kernels
    ? [
        { name: "join products", run: (outputs) => joinProducts(outputs, kernels.maxBuffers) },
        { name: "convolve by products", run: convolveByProducts },
      ]
    : [];

/** Passes for the loss and its gradients. */
export const afterGradients = (kernels: KernelLimits | null): Pass[] => [
  { name: "factor gradients", run: factorGradients },
  ...lowering(kernels),
  { name: "sum products", run: sumProducts },
];

/** Passes for the logits of predictions. */
export const forPrediction = (kernels: KernelLimits | null): readonly Pass[] => [removeDropout, ...lowering(kernels)];

/**
 * Runs passes in order.
 *
 * @throws Error naming the first pass that leaves a broken graph
 */
export const runPasses = (outputs: readonly Value[], passes: readonly Pass[]): readonly Value[] =>
  passes.reduce((values, { name, run }) => verify(run(values), name), outputs);
