/** The predictions behind a table row, as a table shows them. */
import { decide } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { pooled } from "../charts/pool";

export interface PredictionRow {
  key: string;
  image: string;
  patient: string;
  truth: string;
  decision: string;
  /** Of the positive class with two classes, else of the decision. */
  probability: number;
  right: boolean;
  fold: number;
  seed: number;
}

export interface PredictionFilter {
  wrongOnly: boolean;
  cell: { truth: string; decision: string } | null;
}

/** Wrong and most certain first: what a reader wants to see. */
export function predictionRows(records: readonly RunRecord[], { wrongOnly, cell }: PredictionFilter): PredictionRow[] {
  const classes = records[0]?.dataset.classes ?? [];
  return pooled(records)
    .map((p): PredictionRow & { certainty: number } => {
      const decision = decide(p.probabilities);
      return {
        key: `${p.seed}/${p.fold}/${p.image}`,
        image: p.image,
        patient: p.patient,
        truth: classes[p.truth],
        decision: classes[decision],
        probability: p.probabilities[classes.length === 2 ? 1 : decision],
        right: decision === p.truth,
        fold: p.fold,
        seed: p.seed,
        certainty: p.probabilities[decision],
      };
    })
    .filter((r) => (!wrongOnly || !r.right) && (!cell || (r.truth === cell.truth && r.decision === cell.decision)))
    .sort((a, b) => Number(a.right) - Number(b.right) || b.certainty - a.certainty || (a.image < b.image ? -1 : 1));
}
