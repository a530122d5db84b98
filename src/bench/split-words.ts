/** How the runs behind a table or chart were split, in words. */
import { describeSplit, partNouns } from "./protocols";
import type { RunRecord } from "./record";

const listed = (words: readonly string[]) => [...new Set(words)].join(" and ");

/** Every split of the records, e.g. "5 folds by patient". */
export function splitsInWords(records: readonly RunRecord[]): string {
  return listed(records.map(({ config, dataset }) => describeSplit(config.split, dataset.grouping)));
}

/** What the parts of the records' splits are called, e.g. "folds"; "parts" without records. */
export function partsInWords(records: readonly RunRecord[]): string {
  return listed(records.map(({ config }) => partNouns(config.split))) || "parts";
}
