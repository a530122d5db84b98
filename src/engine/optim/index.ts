/** The optimisers, one file each. */
import { type AdamWSpec, adamw } from "./adamw";
import type { Optimizer } from "./optimizer";

export { penaltyOf } from "./optimizer";
export type { AdamWSpec, Optimizer };

export type OptimizerSpec = AdamWSpec;

/** The optimiser that the settings describe. */
export const createOptimizer = (spec: OptimizerSpec): Optimizer => adamw(spec);
