/** What the charts of probabilities share: the pool, its events, and the words for them. */
import { remembered } from "../../base/remembered";
import { decide } from "../../bench/metric";
import type { FitOutcome } from "../../bench/probabilities/fit";
import { logOdds } from "../../bench/probabilities/log-odds";
import { withCorrectedProbabilities } from "../../bench/probabilities/of-record";
import { type PooledProbabilities, pooledProbabilities } from "../../bench/probabilities/pooled";
import type { RunRecord } from "../../bench/record";
import { poolInWords } from "./pool";

/** The probabilities of the pool. Several charts ask for the same records, so they are kept. */
export const seriesProbabilities = remembered(
  (records: readonly RunRecord[]): FitOutcome<PooledProbabilities> => pooledProbabilities(records),
);

/** The records with corrected probabilities, in their order. They are kept, too. */
export const correctedRecords = remembered((records: readonly RunRecord[]) => records.map(withCorrectedProbabilities));

/** One kind of probabilities as yes-or-no events, with which a chart can check them. */
export interface ProbabilitySeries {
  label: string;
  /** [n] 1 where the event came about. */
  truth: number[];
  /** [n] probability of the event, and its log-odds. */
  p: number[];
  logOdds: number[];
  patients: string[];
}

/**
 * The series before calibration and, if there is one, after it. The event is the positive class;
 * with several classes it is that the most probable class is the true one.
 */
export function probabilitySeries({ before, after, truth, patients }: PooledProbabilities): ProbabilitySeries[] {
  const series = (label: string, rows: readonly number[][]): ProbabilitySeries => {
    const classOf = (row: readonly number[]) => (row.length === 2 ? 1 : decide(row));
    const events = rows.map((row, i) => {
      const p = row[classOf(row)];
      return { p, hit: truth[i] === classOf(row) ? 1 : 0, odds: logOdds(row.length === 2 ? row : [1 - p, p]) };
    });
    return {
      label,
      truth: events.map(({ hit }) => hit),
      p: events.map(({ p }) => p),
      logOdds: events.map(({ odds }) => odds),
      patients,
    };
  };
  const first = series("Before calibration", before);
  return after.result ? [first, series("After calibration", after.result)] : [first];
}

/** Tells why the pool has no probabilities; true if it has some. */
export function needsProbabilities(records: readonly RunRecord[]): true | string {
  if (!records.some(({ predictions }) => predictions.length > 0)) return "No predictions yet.";
  const { reason } = seriesProbabilities(records);
  return reason === null || `The model's output is a score, not a probability. ${reason}`;
}

/** E.g. "60 images, each once (repeat 1 of 5)". These charts count images, as the runs did. */
export const pooledImagesInWords = (records: readonly RunRecord[], poolLabel: string): string =>
  poolInWords({ records, noun: "image", poolLabel });

/** What the event is called in a sentence: “severe”, or "the decided class" among several. */
export const eventName = ([{ dataset }]: readonly RunRecord[]): string =>
  dataset.classes.length === 2 ? `“${dataset.classes[1]}”` : "the decided class";
