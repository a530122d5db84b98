/**
 * The arrays of a training program's inputs. Arrays are replaced and never changed, so a copy of
 * the map is a snapshot.
 */
import { sizeOf } from "../../graph/tensor";
import type { Value } from "../../graph/value";
import type { StepGraph } from "./step-graph";

export interface TrainingState {
  /** Array of each input. */
  readonly given: ReadonlyMap<Value, Float32Array>;
  set(leaves: Iterable<Value>, arrays: readonly Float32Array[]): void;
  /** The trainables' arrays, in the graph's order. */
  trainables(): Float32Array[];
  clearMoments(): void;
  clearSums(): void;
}

/** Trainables and moments start at zero. */
export function createTrainingState({ leaves, moments, sums, state }: StepGraph): TrainingState {
  const given = new Map<Value, Float32Array>();
  const zeros = (values: readonly Value[]) => values.map((leaf) => new Float32Array(sizeOf(leaf.shape)));
  const set: TrainingState["set"] = (values, arrays) => {
    let i = 0;
    for (const leaf of values) given.set(leaf, arrays[i++]);
  };
  // Every step shares these zeros, because nothing writes into an array.
  const zeroSums = zeros(sums);
  set(state, zeros(state));
  return {
    given,
    set,
    trainables: () => leaves.map((leaf) => given.get(leaf)!),
    clearMoments: () => set(moments, zeros(moments)),
    clearSums: () => set(sums, zeroSums),
  };
}
