/** The bands of a row's curves, computed in short turns so that the page stays responsive. */
import { useCallback } from "react";
import { type BandPoint, type CurveKind, curveBand } from "../../bench/curve-bands";
import type { RunRecord } from "../../bench/record";
import { useInTurns } from "../ui/use-in-turns";
import { curveClasses, poolPredictions } from "./pool";

/** More bands than this would hide one another. */
const MAX_BANDS = 3;

export interface CurveBand {
  /** Index of the class among those that have a curve. */
  index: number;
  points: BandPoint[];
}

/** True if the curves of these records have bands. */
export const hasBands = (records: readonly RunRecord[]): boolean => curveClasses(records).length <= MAX_BANDS;

/** What the captions of curves say of their bands. */
export const BAND_WORDS = "Band: 95 %, with patients drawn anew; these fitted models on these patients.";

/** The bands of the records' curves; empty until they are computed. */
export function useBands(records: readonly RunRecord[], kind: CurveKind): readonly CurveBand[] {
  const start = useCallback(() => curveBandsOf(records, kind), [records, kind]);
  return useInTurns(start) ?? [];
}

function* curveBandsOf(records: readonly RunRecord[], kind: CurveKind): Generator<undefined, CurveBand[]> {
  if (!hasBands(records)) return [];
  const predictions = poolPredictions(records);
  const bands: CurveBand[] = [];
  for (const [index, { index: positive }] of curveClasses(records).entries())
    bands.push({ index, points: yield* curveBand(predictions, { kind, positive }) });
  return bands;
}
