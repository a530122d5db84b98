/**
 * The interface of a comparison. A comparison is a statistical test of methods that were trained on
 * the same amount of data of the same split.
 */
import type { ComparedGroups } from "./compared-groups";

/**
 * A comparison as its file declares it. All functions depend on their arguments alone. They are
 * declared as methods, because TypeScript then allows one list for comparisons with different
 * results.
 */
export interface Comparison<Result = unknown> {
  /** Unique among all comparisons. */
  id: string;
  /** What it compares, in a clinician's words. */
  label: string;
  /** True if the test can be made. Otherwise a sentence that tells the reader why it cannot. */
  needs(compared: ComparedGroups): true | string;
  compute(compared: ComparedGroups): Result;
  /** One or more sentences for a clinician. Only called where `needs` is met. */
  says(result: Result, compared: ComparedGroups): string;
}

export function defineComparison<Result>(comparison: Comparison<Result>): Comparison<Result> {
  return comparison;
}

/** What the comparison says of these groups, or the reason why it says nothing. */
export function verdictOf<Result>(comparison: Comparison<Result>, compared: ComparedGroups): string {
  const met = comparison.needs(compared);
  return met === true ? comparison.says(comparison.compute(compared), compared) : met;
}
