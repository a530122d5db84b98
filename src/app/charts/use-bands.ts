/** The bands of a row's curves, computed in short turns so that the page stays responsive. */
import { useEffect, useState } from "react";
import { eventLoopYielder } from "../../base";
import { type BandPoint, type CurveKind, curveBand } from "../../bench/curve-bands";
import type { RunRecord } from "../../bench/record";
import { curveClasses, poolPredictions } from "./pool";

/** More bands than this would hide one another. */
const MAX_BANDS = 3;

/** Longest time that the bands keep the page from answering, ms. */
const TURN_MS = 12;

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
  const [state, setState] = useState<{ of: readonly RunRecord[]; bands: CurveBand[] }>({ of: records, bands: [] });
  useEffect(() => {
    if (!hasBands(records)) return;
    const cancel = new AbortController();
    computeBands(records, kind, cancel.signal).then(
      (bands) => setState({ of: records, bands }),
      () => {},
    );
    return () => cancel.abort();
  }, [records, kind]);
  return state.of === records ? state.bands : [];
}

async function computeBands(records: readonly RunRecord[], kind: CurveKind, signal: AbortSignal) {
  const breathe = eventLoopYielder(signal, TURN_MS);
  const predictions = poolPredictions(records);
  const bands: CurveBand[] = [];
  for (const [index, { index: positive }] of curveClasses(records).entries()) {
    const steps = curveBand(predictions, { kind, positive });
    let step = steps.next();
    for (; !step.done; step = steps.next()) await breathe();
    bands.push({ index, points: step.value });
  }
  return bands;
}
