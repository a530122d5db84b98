/**
 * The ordered lists of passes. A new pass is a file of this folder and a line in one of the lists.
 * `runPasses` verifies the graph after each pass, so that an error names the broken pass.
 *
 * A training graph goes through these steps in this order (`training/graph.ts`):
 * 1. `backbone/bind.ts` fuses layer normalisation, because the roles of layers are found on the fused
 *    graph.
 * 2. The method adapts the backbone.
 * 3. `beforeCut` simplifies the adapted backbone.
 * 4. The head is added, and the frozen part is cut off.
 * 5. `afterCut` rewrites what is left of the forward pass.
 * 6. The loss is added. From here there are two graphs.
 *    - Training: the gradients are added, and then `afterGradients` runs.
 *    - Prediction: `forPrediction` runs on the logits of step 5.
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

/**
 * Limits of the engine's own kernels. A device that runs ONNX's operators has none: it passes null.
 */
export interface KernelLimits {
  /** Storage buffers that a kernel may bind. */
  maxBuffers: number;
}

const removeDropout: Pass = { name: "remove dropout", run: forInference };

/**
 * Passes that simplify the adapted backbone. Layer normalisation is fused a second time, because an
 * epsilon that the file computes becomes a number only when it is folded.
 *
 * @param drops whether dropout is active in training
 */
export const beforeCut = ({ drops }: { drops: boolean }): readonly Pass[] => [
  ...(drops ? [] : [removeDropout]),
  { name: "fold frozen values", run: foldFrozen },
  { name: "fuse layer normalisation", run: fuseLayerNorm },
  { name: "fold scales", run: foldScales },
  { name: "push down slices", run: pushDownSlices },
];

/**
 * Passes on the part of the forward pass that each step computes. The frozen part stays as it is,
 * so that its stored results serve with and without these passes.
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
