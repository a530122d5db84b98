/**
 * Records as files: the predictions behind every number as CSV, and the records themselves as JSON.
 */
import { regimeLabel } from "./expand";
import { decide } from "./metric";
import type { RunRecord } from "./record";

/**
 * Lines of the CSV, header first, without line ends. Columns: image, patient, fold and seed (from
 * 0, as configured), method (id), label (the method's name), backbone, regime, truth and prediction
 * (class names), probability (of the positive class with two classes, else of the predicted one),
 * one `p:<class>` per class, run (id of the record).
 */
function* predictionLines(records: readonly RunRecord[]): Generator<string> {
  const classes = [...new Set(records.flatMap((record) => record.dataset.classes))];
  const head = ["image", "patient", "fold", "seed", "method", "label", "backbone", "regime", "truth", "prediction"];
  yield [...head, "probability", ...classes.map((name) => `p:${name}`), "run"].map(csvField).join(",");
  for (const { config, dataset, labels, predictions, id } of records) {
    const columns = classes.map((name) => dataset.classes.indexOf(name));
    const run = [
      config.split.part,
      config.seed,
      config.method.id,
      labels.method,
      labels.backbone,
      regimeLabel(config.regime),
    ];
    for (const { image, patient, truth, probabilities } of predictions) {
      const decision = decide(probabilities);
      const probability = probabilities[dataset.classes.length === 2 ? 1 : decision];
      const each = columns.map((c) => (c < 0 ? "" : probabilities[c]));
      const names = [dataset.classes[truth], dataset.classes[decision]];
      yield [image, patient, ...run, ...names, probability, ...each, id].map(csvField).join(",");
    }
  }
}

/**
 * The whole CSV (RFC 4180 quoting, "\n" line ends). Numbers are written in full, so that metrics
 * can be recomputed.
 */
export function predictionsCsv(records: readonly RunRecord[]): string {
  return `${[...predictionLines(records)].join("\n")}\n`;
}

/** One field, quoted where it holds a comma, a quote or a line end. */
export function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * `{ "format": "radapt-results", "version": 1, "records": […] }`, one record a line; NaN becomes
 * null.
 */
export function recordsJson(records: readonly RunRecord[]): string {
  const lines = records.map((record) => JSON.stringify(record));
  return `{"format":"radapt-results","version":1,"records":[\n${lines.join(",\n")}\n]}\n`;
}
