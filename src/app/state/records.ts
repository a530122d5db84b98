/** The stored records, from which all tables and charts are made. */
import { createStore } from "zustand/vanilla";
import { isAudit, separateAudit } from "../../bench/audit/inputs";
import type { RunRecord } from "../../bench/record";
import { services } from "./services";

export interface RecordsState {
  loaded: boolean;
  /** Of the plans' methods. */
  records: RunRecord[];
  /** Of the shortcut audit. */
  audit: RunRecord[];
}

export const recordsStore = createStore<RecordsState>(() => ({ loaded: false, records: [], audit: [] }));

/** The metrics come with the first record, since the first screen shows none. */
async function corrected(records: readonly RunRecord[]): Promise<RunRecord[]> {
  if (records.length === 0) return [];
  const { withCorrectedMetrics } = await import("../../bench/probabilities/of-record");
  return records.map(withCorrectedMetrics);
}

export async function loadRecords(): Promise<void> {
  const stored = await services().storage.listRecords();
  const { methods, audit } = separateAudit(await corrected(stored));
  recordsStore.setState({ loaded: true, records: methods, audit });
}

/** Loads one record that has just been stored. */
export async function loadRecord(id: string): Promise<void> {
  const { records, audit } = recordsStore.getState();
  if ([...records, ...audit].some((r) => r.id === id)) return;
  const record = await services().storage.getRecord(id);
  if (!record) return;
  const [read] = await corrected([record]);
  const key = isAudit(read.config) ? "audit" : "records";
  recordsStore.setState((s) => ({ [key]: [...s[key].filter((r) => r.id !== id), read] }));
}

export async function deleteRecords(): Promise<void> {
  await services().storage.deleteRecords();
  await loadRecords();
}
