/** What Results shows: which stored records, by which metric, and the details of which row. */
import { createStore } from "zustand/vanilla";
import type { EvaluationUnit } from "../../bench/unit";

export interface SelectionState {
  /**
   * A plan's id, or "dataset:<fingerprint>" for all records of a dataset; null for the newest plan.
   */
  scope: string | null;
  /** Id of a metric; null for the one that decides. */
  metric: string | null;
  /** What the figures are about; null for what the plan says. */
  unit: EvaluationUnit | null;
  /** Key of the row whose details are open; null for the first row. */
  rowKey: string | null;
}

export const selectionStore = createStore<SelectionState>(() => ({
  scope: null,
  metric: null,
  unit: null,
  rowKey: null,
}));

export const showPlan = (id: string): void =>
  selectionStore.setState({ scope: id, rowKey: null, metric: null, unit: null });
export const showScope = (scope: string): void => selectionStore.setState({ scope, rowKey: null });
export const showMetric = (metric: string): void => selectionStore.setState({ metric });
export const showUnit = (unit: EvaluationUnit): void => selectionStore.setState({ unit });
export const showRow = (rowKey: string | null): void => selectionStore.setState({ rowKey });
