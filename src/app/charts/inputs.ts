/** The places on the Results screen where charts stand, and what a chart of each place is given. */
import type { Metric } from "../../bench/metric";
import type { EpochPoint, RunRecord } from "../../bench/record";

/** Below the comparison: every series of the records that are shown. */
export interface ComparisonInput {
  records: readonly RunRecord[];
  metric: Metric;
  /** Labels of the series; the index of a label is the index of its colour and marker. */
  series: readonly string[];
  /** Label of a series by its key. */
  label: (seriesKey: string) => string;
  /** The metric's value without any skill; null where the metric has none. */
  baseline: { value: number; label: string } | null;
  /** Height of the drawing, px: the same for all charts of this place, so that they end on one line. */
  height: number;
}

/** One cell of a confusion matrix, by the names of its classes. */
export type MatrixCell = { truth: string; decision: string };

/** Behind one row of the table: the records of its folds and seeds, at least one. */
export interface RowInput {
  records: readonly RunRecord[];
  /** The cell whose images are shown below the charts. */
  selectedCell: MatrixCell | null;
  onSelectCell: (cell: MatrixCell) => void;
}

/** One run, finished or under way. */
export interface RunInput {
  curve: readonly EpochPoint[];
  /** What the curve counts: epochs of training, or iterations of a closed-form solver. */
  unit: "Epoch" | "Iteration";
  caption: string;
}

export interface ChartInputs {
  comparison: ComparisonInput;
  row: RowInput;
  run: RunInput;
}

export type ChartPlace = keyof ChartInputs;
