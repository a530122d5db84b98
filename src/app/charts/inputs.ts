/**
 * The places on the Results screen where charts stand, and the input of the charts of each place.
 */
import type { OverBlocks } from "../../bench/comparisons";
import type { Metric } from "../../bench/metric";
import type { EpochPoint, RunRecord } from "../../bench/record";

/** Input of the charts below the comparison: the records that the table shows. */
export interface ComparisonInput {
  records: readonly RunRecord[];
  metric: Metric;
  /** Labels of the series; the index of a label is the index of its colour and marker. */
  series: readonly string[];
  /** Label of a series by its key. */
  label: (seriesKey: string) => string;
  /** The metric's value for a classifier without skill; null if the metric has no such value. */
  baseline: { value: number; label: string } | null;
  /** Height of the drawing, px. All charts of this place share it, so that they end on one line. */
  height: number;
}

/** One cell of a confusion matrix, by the names of its classes. */
export type MatrixCell = { truth: string; decision: string };

/**
 * Input of the charts behind one row of the table: the records of one repeat and one seed, at least
 * one, so that an image counts once.
 */
export interface RowInput {
  records: readonly RunRecord[];
  /** The same runs with one prediction per image, which is what they fitted. */
  imageRecords: readonly RunRecord[];
  /** What counts once: an image, or a patient. */
  noun: "image" | "patient";
  /** Which repeat and seed they are, e.g. "repeat 1 of 5"; empty if there is one only. */
  poolLabel: string;
  /** The cell whose images stand below the charts; null if there is none. */
  selectedCell: MatrixCell | null;
  onSelectCell: (cell: MatrixCell) => void;
}

/** Input of the charts of one run, finished or running. */
export interface RunInput {
  curve: readonly EpochPoint[];
  /** What the curve counts: epochs of training, or iterations of a closed-form solver. */
  unit: "Epoch" | "Iteration";
  caption: string;
}

/** Input of the diagram of mean ranks. */
export interface RanksInput extends Pick<OverBlocks, "treatments" | "ranks"> {
  title: string;
}

export interface ChartInputs {
  comparison: ComparisonInput;
  ranks: RanksInput;
  row: RowInput;
  run: RunInput;
}

export type ChartPlace = keyof ChartInputs;
