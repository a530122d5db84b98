/**
 * The probabilities of one pool of records (one partition of the patients, one seed) before and
 * after calibration. Each record is calibrated with its own validation images, so that no test
 * image has a part in its own calibration.
 */
import type { RunRecord } from "../record";
import { calibratorOf } from "./calibrate";
import { type FitOutcome, fitted, undetermined } from "./fit";
import { classShares, withCorrectedProbabilities } from "./of-record";

export interface PooledProbabilities {
  /** [n][C] probabilities, corrected for class weights and balanced sampling. */
  before: number[][];
  /** [n][C] after temperature scaling too, or why there are none. */
  after: FitOutcome<number[][]>;
  /** [n] class indices. */
  truth: number[];
  /** [n] */
  patients: string[];
  /** One temperature per record; empty without calibration. */
  temperatures: number[];
}

/** @param records of one pool, at least one. An image that two of them tested counts once. */
export function pooledProbabilities(records: readonly RunRecord[]): FitOutcome<PooledProbabilities> {
  for (const record of records) {
    const { reason } = classShares(record);
    if (reason !== null) return undetermined(reason);
  }
  const calibrators = records.map(calibratorOf);
  const reason = calibrators.find((calibrator) => calibrator.reason !== null)?.reason ?? null;
  const seen = new Set<string>();
  const pooled: PooledProbabilities = { before: [], after: fitted([]), truth: [], patients: [], temperatures: [] };
  const after: number[][] = [];
  records.forEach((record, r) => {
    const { predictions } = withCorrectedProbabilities(record);
    record.predictions.forEach(({ image, patient, truth, probabilities: output }, i) => {
      if (seen.has(image)) return;
      seen.add(image);
      pooled.before.push(predictions[i].probabilities);
      pooled.truth.push(truth);
      pooled.patients.push(patient);
      const { result } = calibrators[r];
      if (result) after.push(result.apply(output));
    });
  });
  if (reason !== null) return fitted({ ...pooled, after: undetermined(reason) });
  const temperatures = calibrators.flatMap(({ result }) => (result ? [result.temperature] : []));
  return fitted({ ...pooled, after: fitted(after), temperatures });
}
