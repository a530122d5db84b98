/** Prepares the predictions behind a table row for a table or a grid of images. */
import { decide } from "../../bench/metric";
import { partTitle } from "../../bench/protocols";
import type { RunRecord } from "../../bench/record";
import type { MatrixCell } from "../charts/inputs";
import { poolPredictions } from "../charts/pool";
import { metricText } from "../ui/format";
import type { ThumbItem } from "../ui/thumb-grid";

export interface PredictionRow {
  key: string;
  image: string;
  patient: string;
  truth: string;
  decision: string;
  /** Probability of the positive class if there are two classes, else of the decision. */
  probability: number;
  right: boolean;
  /** The part that tested the image, e.g. noun "fold", title "1". */
  part: { noun: string; title: string };
  seed: number;
}

export interface PredictionFilter {
  wrongOnly: boolean;
  /** Keeps only the images of this cell of the confusion matrix; null keeps all. */
  cell: MatrixCell | null;
  /** Keeps all images of these patients, whatever the cell; null or absent: the cell counts. */
  patients?: ReadonlySet<string> | null;
}

/** Sorts wrong and certain predictions first, since a reader looks for those. */
export function predictionRows(records: readonly RunRecord[], filter: PredictionFilter): PredictionRow[] {
  const { wrongOnly, cell, patients } = filter;
  const isKept = (r: PredictionRow) =>
    patients ? patients.has(r.patient) : !cell || (r.truth === cell.truth && r.decision === cell.decision);
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
    .filter((r) => (!wrongOnly || !r.right) && isKept(r))
    .sort((a, b) => Number(a.right) - Number(b.right) || b.certainty - a.certainty || (a.image < b.image ? -1 : 1));
}

/** Label of the probability that the rows show: "P(severe)". */
export function probabilityLabel({ classes }: RunRecord["dataset"]): string {
  return classes.length === 2 ? `P(${classes[1]})` : "P(decision)";
}

/** A prediction as an image of the grid, with its facts. */
export function predictionItem(row: PredictionRow, dataset: RunRecord["dataset"]): ThumbItem {
  const facts: ThumbItem["facts"] = [["File", row.image]];
  if (dataset.grouping === "patient") facts.push(["Patient", row.patient]);
  facts.push(
    ["Truth", row.truth],
    ["Decision", row.right ? row.decision : `${row.decision} (wrong)`],
    [probabilityLabel(dataset), metricText(row.probability)],
    ["From", `${row.part.noun} ${row.part.title}, seed ${row.seed}`],
  );
  return { name: row.image, note: `${row.truth} → ${row.decision} ${metricText(row.probability, 2)}`, facts };
}
