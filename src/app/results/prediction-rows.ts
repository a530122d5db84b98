/** The predictions behind a table row, as a table or a grid of images shows them. */
import { decide } from "../../bench/metric";
import { partTitle } from "../../bench/protocols";
import type { RunRecord } from "../../bench/record";
import type { MatrixCell } from "../charts/inputs";
import { poolPredictions } from "../charts/pool";
import { metricValue } from "../ui/format";
import type { ThumbItem } from "../ui/thumb-grid";

export interface PredictionRow {
  key: string;
  image: string;
  patient: string;
  truth: string;
  decision: string;
  /** Of the positive class with two classes, else of the decision. */
  probability: number;
  right: boolean;
  /** The part that tested the image, e.g. noun "fold", title "1". */
  part: { noun: string; title: string };
  seed: number;
}

export interface PredictionFilter {
  wrongOnly: boolean;
  /** Only the images of this cell of the confusion matrix; null for all. */
  cell: MatrixCell | null;
}

/** The wrong and most certain predictions first, since a reader looks for those. */
export function predictionRows(records: readonly RunRecord[], { wrongOnly, cell }: PredictionFilter): PredictionRow[] {
  const classes = records[0]?.dataset.classes ?? [];
  return poolPredictions(records)
    .map((p): PredictionRow & { certainty: number } => {
      const decision = decide(p.probabilities);
      return {
        key: `${p.seed}/${p.split.part}/${p.image}`,
        image: p.image,
        patient: p.patient,
        truth: classes[p.truth],
        decision: classes[decision],
        probability: p.probabilities[classes.length === 2 ? 1 : decision],
        right: decision === p.truth,
        part: partTitle(p.split),
        seed: p.seed,
        certainty: p.probabilities[decision],
      };
    })
    .filter((r) => (!wrongOnly || !r.right) && (!cell || (r.truth === cell.truth && r.decision === cell.decision)))
    .sort((a, b) => Number(a.right) - Number(b.right) || b.certainty - a.certainty || (a.image < b.image ? -1 : 1));
}

/** Which probability the rows show: "P(severe)". */
export function probabilityLabel({ classes }: RunRecord["dataset"]): string {
  return classes.length === 2 ? `P(${classes[1]})` : "P(decision)";
}

/** A prediction as an image of the grid, with what is known of it. */
export function predictionItem(row: PredictionRow, dataset: RunRecord["dataset"]): ThumbItem {
  const facts: ThumbItem["facts"] = [["File", row.image]];
  if (dataset.grouping === "patient") facts.push(["Patient", row.patient]);
  facts.push(
    ["Truth", row.truth],
    ["Decision", row.right ? row.decision : `${row.decision} (wrong)`],
    [probabilityLabel(dataset), metricValue(row.probability)],
    ["From", `${row.part.noun} ${row.part.title}, seed ${row.seed}`],
  );
  return { name: row.image, note: `${row.truth} → ${row.decision} ${metricValue(row.probability, 2)}`, facts };
}
