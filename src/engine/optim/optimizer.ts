/**
 * What an optimiser's settings make: one update rule in three forms, for the interpreter, for WGSL
 * and as graph values. The devices' training programs own the loop over trainables, the gradient
 * (with the head's penalty and the clipping) and the memory of the moments.
 */
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

/** Numbers an update reads besides the learning rate, by name. */
export type UpdateNumbers = Readonly<Record<string, number>>;

/** An optimiser with its settings. */
export interface Optimizer {
  /** Running averages kept beside each trainable, zero at the start: 0, 1 or 2. */
  readonly moments: number;
  /** What the update reads at a step, counted from 1. */
  settings(step: number): UpdateNumbers;
  /** Names of the settings that differ from step to step. */
  readonly varying: readonly string[];
  /**
   * Updates parameters and moments [n] in place; `gradient(i)` is that of the loss with penalty,
   * clipped.
   */
  update(
    p: Float32Array,
    moments: readonly Float32Array[],
    gradient: (i: number) => number,
    lr: number,
    settings: UpdateNumbers,
  ): void;
  /**
   * WGSL statements that update `p[i]` and the moments `m0[i]`, `m1[i]`, given `gradient`, `lr` and
   * `h.<setting>`.
   */
  readonly wgsl: string;
  /**
   * Updated parameter and moments, of the shape of `p`; `setting(name)` is a scalar for those in
   * `varying`.
   */
  values(b: Builder, given: UpdateValues): { p: Value; moments: Value[] };
}

export interface UpdateValues {
  p: Value;
  gradient: Value;
  moments: readonly Value[];
  lr: Value;
  setting(name: string): Value;
}
