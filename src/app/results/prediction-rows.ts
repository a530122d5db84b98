/** Prepares the predictions behind a table row for a table or a grid of images. */
import { decide } from "../../bench/metric";
import { classShares } from "../../bench/probabilities/of-record";
import { correctPrior } from "../../bench/probabilities/prior-correction";
import { partTitle } from "../../bench/protocols";
import type { RunRecord } from "../../bench/record";
import type { MatrixCell } from "../charts/inputs";
import { poolPredictions } from "../charts/pool";
import { correctedRecords } from "../charts/probabilities";
import { metricText } from "../ui/format";
import type { ThumbItem } from "../ui/thumb-grid";

export interface PredictionRow {
  key: string;
  image: string;
  patient: string;
  truth: string;
  decision: string;
  /**
   * Probability of the positive class if there are two classes, else of the decision; corrected for
   * class weights and balanced sampling where that is possible.
   */
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
  const corrected = poolPredictions(correctedRecords(records));
  return poolPredictions(records)
    .map((p, i): PredictionRow & { certainty: number } => {
      const decision = decide(p.probabilities);
      return {
        key: `${p.seed}/${p.split.part}/${p.image}`,
        image: p.image,
        patient: p.patient,
        truth: classes[p.truth],
        decision: classes[decision],
        probability: corrected[i].probabilities[classes.length === 2 ? 1 : decision],
        right: decision === p.truth,
        part: partTitle(p.split),
        seed: p.seed,
        certainty: p.probabilities[decision],
      };
    })
    .filter((r) => (!wrongOnly || !r.right) && isKept(r))
    .sort((a, b) => Number(a.right) - Number(b.right) || b.certainty - a.certainty || (a.image < b.image ? -1 : 1));
}

/**
 * Label of the number that the rows show: "P(severe)", or "Score(severe)" if the output of some run
 * is no probability.
 *
 * @param records at least one
 */
export function probabilityLabel(records: readonly RunRecord[]): string {
  const { classes } = records[0].dataset;
  const isProbability = records.every((record) => classShares(record).result !== null);
  return `${isProbability ? "P" : "Score"}(${classes.length === 2 ? classes[1] : "decision"})`;
}

/**
 * What a reader of decisions and probabilities should know: why the number is a score, or from
 * which probability on the positive class is decided; null if that is 0.5.
 */
export function decisionNote(records: readonly RunRecord[]): string | null {
  const shares = records.map(classShares);
  const reason = shares.find((own) => own.reason !== null)?.reason;
  if (reason) return `The number is a score of the model, not a probability. ${reason}`;
  const { classes } = records[0].dataset;
  const results = shares.flatMap(({ result }) => (result ? [result] : []));
  if (classes.length !== 2) {
    const isMoved = results.some(({ trained, data }) => trained.some((share, c) => Math.abs(share - data[c]) > 0.005));
    if (!isMoved) return null;
    return "Training gave the classes other weights than the data. Decisions go by them, probabilities do not.";
  }
  const limits = results.map(({ trained, data }) => correctPrior([0.5, 0.5], trained, data)[1]);
  const [low, high] = [Math.min(...limits), Math.max(...limits)].map((limit) => metricText(limit, 2));
  if (low === "0.50" && high === "0.50") return null;
  return (
    `An image is decided as “${classes[1]}” from P(${classes[1]}) ${low === high ? low : `${low} to ${high}`} on, ` +
    "not from 0.50: training gave the classes other weights than the data, and decisions go by them."
  );
}

/**
 * A prediction as an image of the grid, with its facts.
 *
 * @param label of `probabilityLabel`
 */
export function predictionItem(row: PredictionRow, dataset: RunRecord["dataset"], label: string): ThumbItem {
  const facts: ThumbItem["facts"] = [["File", row.image]];
  if (dataset.grouping === "patient") facts.push(["Patient", row.patient]);
  facts.push(
    ["Truth", row.truth],
    ["Decision", row.right ? row.decision : `${row.decision} (wrong)`],
    [label, metricText(row.probability)],
    ["From", `${row.part.noun} ${row.part.title}, seed ${row.seed}`],
  );
  return { name: row.image, note: `${row.truth} → ${row.decision} ${metricText(row.probability, 2)}`, facts };
}
