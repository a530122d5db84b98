/**
 * What an optimiser is: one update rule in three forms, for the interpreter, for WGSL and as graph
 * values. The devices' training programs own the loop over trainables, the gradient (with the
 * head's penalty and the clipping) and the memory of the moments.
 */
import type { Builder } from "../graph/builder";
import type { Value } from "../graph/value";

/** Settings that every optimiser has. */
export interface CommonSpec {
  /** Decay λ ≥ 0 of every trainable; each optimiser says whether it is decoupled or coupled. */
  weightDecay: number;
  /**
   * Coupled L2 penalty ≥ 0 on the head's weight (not its bias): adds l2/2·‖W‖² to the loss. 0 =
   * none.
   */
  headL2: number;
  /**
   * Highest norm of the gradient of all trainables together, the head's penalty included and weight
   * decay not: a longer one is scaled down to it, as torch.nn.utils.clip_grad_norm_ does. 0 or
   * absent = never.
   */
  clipNorm?: number;
}

/** Numbers an update reads besides the learning rate, by name. */
export type Settings = Readonly<Record<string, number>>;

/** An optimiser with its settings. */
export interface Optimizer {
  /** Running averages kept beside each trainable, zero at the start: 0, 1 or 2. */
  readonly moments: number;
  /** What the update reads at a step, counted from 1. */
  settings(step: number): Settings;
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
    settings: Settings,
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

/** The penalty's factor for one trainable. */
export function penaltyOf(
  { group, shape }: { group: "adapter" | "head"; shape: readonly number[] },
  { headL2 }: CommonSpec,
): number {
  return group === "head" && shape.length === 2 ? headL2 : 0;
}
