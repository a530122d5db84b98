/**
 * The registry of comparisons. A new one is a file of this folder and a line in the list below.
 */
import { bayesianT } from "./bayesian-t";
import type { Comparison } from "./comparison";
import { correctedT } from "./corrected-t";

export { bayesianT, shareText } from "./bayesian-t";
export { type ComparedGroups, comparedGroups, groupPairs, isFixed } from "./compared-groups";
export { type Comparison, verdictOf } from "./comparison";
export { fittedModels } from "./fitted-models";
export { type OverBlocks, overBackbones, overMethods } from "./over-blocks";
export { everyPair, type PairFigures, pairFigures, pairsCsv } from "./pairs";
export { correctedT };

/**
 * In the order of the Results screen. `fittedModels` is not among them: it compares two chosen
 * methods, and its resampling takes too long for every pair. Nor are `overBackbones` and
 * `overMethods`, which stand apart where a plan has several backbones.
 */
export const comparisons: readonly Comparison[] = [correctedT, bayesianT];
