/** Every comparison: a new one is a file of this folder and a line in the list below. */
import { bayesianT } from "./bayesian-t";
import type { Comparison } from "./comparison";
import { correctedT } from "./corrected-t";

export { bayesianT, shareText } from "./bayesian-t";
export { type ComparedGroups, comparedGroups, isFixed } from "./compared-groups";
export { type Comparison, verdictOf } from "./comparison";
export { everyPair, type PairFigures, pairFigures, pairsCsv } from "./pairs";
export { correctedT };

/** In the order of the Results screen. */
export const comparisons: readonly Comparison[] = [correctedT, bayesianT];
