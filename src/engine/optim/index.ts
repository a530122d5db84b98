/** The optimisers, one file each. */
import { type AdamWSpec, adamw } from "./adamw";
import { type LionSpec, lion } from "./lion";
import type { Optimizer } from "./optimizer";
import { type SgdSpec, sgd } from "./sgd";

export { penaltyOf } from "./optimizer";
export type { AdamWSpec, LionSpec, Optimizer, SgdSpec };

export type OptimizerSpec = AdamWSpec | SgdSpec | LionSpec;

const optimizers: { [N in OptimizerSpec["name"]]: (spec: Extract<OptimizerSpec, { name: N }>) => Optimizer } = {
  adamw,
  sgd,
  lion,
};

export const optimizerNames = Object.keys(optimizers) as OptimizerSpec["name"][];

/** The optimiser that the settings describe. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  return (optimizers[spec.name] as (spec: OptimizerSpec) => Optimizer)(spec);
}
