/** Writes records as files: all predictions as CSV, and the records themselves as JSON. */

import { decide } from "./metric";
import { classShares, withCorrectedProbabilities } from "./probabilities/of-record";
import type { RunRecord } from "./record";
import { regimeLabel } from "./regime";

/**
 * Lines of the CSV without line ends, header first. The columns are:
 * - image, patient
 * - fold (the part of the split) and seed, as in the configuration
 * - method (its id), label (its name), backbone, regime
 * - truth and prediction (class names)
 * - probability: of the positive class with two classes, else of the predicted class
 * - `p:<class>`: the probability of each class, corrected for class weights and balanced sampling;
 *   empty where the record has no such class, or where its output is no probability
 * - `score:<class>`: the output of the model, whose highest value is the prediction
 * - run (id of the record)
 */
function* predictionLines(records: readonly RunRecord[]): Generator<string> {
  const classes = [...new Set(records.flatMap((record) => record.dataset.classes))];
  const head = ["image", "patient", "fold", "seed", "method", "label", "backbone", "regime", "truth", "prediction"];
  const named = (kind: string) => classes.map((name) => `${kind}:${name}`);
  yield [...head, "probability", ...named("p"), ...named("score"), "run"].map(csvField).join(",");
  for (const record of records) {
    const { config, dataset, labels, predictions, id } = record;
    const isProbability = classShares(record).result !== null;
    const corrected = withCorrectedProbabilities(record).predictions;
    const columns = classes.map((name) => dataset.classes.indexOf(name));
    const run = [
      config.split.part,
      config.seed,
      config.method.id,
      labels.method,
      labels.backbone,
      regimeLabel(config.regime),
    ];
    for (const [i, { image, patient, truth, probabilities: scores }] of predictions.entries()) {
      const decision = decide(scores);
      const each = (values: readonly number[]) => columns.map((c) => (c < 0 ? "" : values[c]));
      const { probabilities } = corrected[i];
      const shown = isProbability
        ? [probabilities[dataset.classes.length === 2 ? 1 : decision], ...each(probabilities)]
        : ["", ...columns.map(() => "")];
      const names = [dataset.classes[truth], dataset.classes[decision]];
      yield [image, patient, ...run, ...names, ...shown, ...each(scores), id].map(csvField).join(",");
    }
  }
}

/**
 * All predictions as CSV with RFC 4180 quoting and "\n" line ends. Numbers have full precision, so
 * that others can recompute the metrics.
 */
export function predictionsCsv(records: readonly RunRecord[]): string {
  return `${[...predictionLines(records)].join("\n")}\n`;
}

/** Quotes a field where it contains a comma, a quote or a line end. */
export function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * All records as JSON, one record per line: `{ "format": "radapt-results", "version": 1, "records":
 * […] }`. NaN becomes null.
 */
export function recordsJson(records: readonly RunRecord[]): string {
  const lines = records.map((record) => JSON.stringify(record));
  return `{"format":"radapt-results","version":1,"records":[\n${lines.join(",\n")}\n]}\n`;
}
