/** The stored records, from which all tables and charts are made. */
import { createStore } from "zustand/vanilla";
import type { RunRecord } from "../../bench/record";
import { services } from "./services";

export interface RecordsState {
  loaded: boolean;
  records: RunRecord[];
}

export const recordsStore = createStore<RecordsState>(() => ({ loaded: false, records: [] }));

/** The metrics come with the first record, since the first screen shows none. */
async function corrected(records: readonly RunRecord[]): Promise<RunRecord[]> {
  if (records.length === 0) return [];
  const { withCorrectedMetrics } = await import("../../bench/probabilities/of-record");
  return records.map(withCorrectedMetrics);
}

export async function loadRecords(): Promise<void> {
  const records = await services().storage.listRecords();
  recordsStore.setState({ loaded: true, records: await corrected(records) });
}

/** Loads one record that has just been stored. */
export async function loadRecord(id: string): Promise<void> {
  if (recordsStore.getState().records.some((r) => r.id === id)) return;
  const record = await services().storage.getRecord(id);
  if (!record) return;
  const [read] = await corrected([record]);
  recordsStore.setState((s) => ({ records: [...s.records.filter((r) => r.id !== id), read] }));
}

export async function deleteRecords(): Promise<void> {
  await services().storage.deleteRecords();
  await loadRecords();
}
