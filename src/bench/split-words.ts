/** Sentences and phrases on how the runs behind a table or chart were split. */
import type { AggregateRow } from "./aggregate";
import { describeSplit, partNouns } from "./protocols";
import type { RunRecord } from "./record";

const listed = (words: readonly string[]) => [...new Set(words)].join(" and ");

/** Every split of the records, e.g. "5 folds by patient". */
export function splitsInWords(records: readonly RunRecord[]): string {
  return listed(records.map(({ config, dataset }) => describeSplit(config.split, dataset.grouping)));
}

/** The test parts behind a row, e.g. "5 × 5 folds", or "12 of 25 folds" while some are missing. */
export function evidenceInWords(
  { parts, plannedParts, repeats }: Pick<AggregateRow, "parts" | "plannedParts" | "repeats">,
  nouns: string,
): string {
  if (parts < plannedParts) return `${parts} of ${plannedParts} ${nouns}`;
  const isOneEach = parts === repeats;
  if (repeats > 1 && !isOneEach) return `${repeats} × ${parts / repeats} ${nouns}`;
  return `${parts} ${parts === 1 ? nouns.replace(/s\b/g, "") : nouns}`;
}

/**
 * The mean number of images that the runs of a row train on, and of those that they validate on for
 * early stopping and the choice of settings. With k shots both are numbers per class.
 */
export function imagesInWords(row: AggregateRow): string {
  const { regime, trainImages, validationImages, images, classes, labelsPerClass: labels } = row;
  if (Number.isNaN(trainImages)) return "";
  const per = regime === "full" ? 1 : classes.length;
  const rounded = (value: number) => String(Math.round(value * 10) / 10);
  if (regime !== "full" && labels && !(isEven(labels.train) && isEven(labels.validation)))
    return `${perClass(labels.train)} to train, ${perClass(labels.validation)} to validate (${classes.join(" / ")})`;
  const number = (value: number) => (regime === "full" ? String(Math.round(value)) : rounded(value / per));

  function perClass(counts: readonly number[]): string {
    return counts.map(rounded).join(" / ");
  }
  const validation = `${number(validationImages)} to validate`;
  return regime === "full"
    ? `${number(trainImages)} of ${images} images to train, ${validation}`
    : `per class ${number(trainImages)} to train, ${validation}`;
}

const isEven = (counts: readonly number[]) => counts.every((count) => count === counts[0]);

/** The noun for the test parts of the records, e.g. "folds". It is "parts" if there are none. */
export function partsInWords(records: readonly RunRecord[]): string {
  return listed(records.map(({ config }) => partNouns(config.split))) || "parts";
}
