/** The stored records, from which all tables and charts are made. */
import { createStore } from "zustand/vanilla";
import { withCorrectedMetrics } from "../../bench/probabilities/of-record";
import type { RunRecord } from "../../bench/record";
import { services } from "./services";

export interface RecordsState {
  loaded: boolean;
  records: RunRecord[];
}

export const recordsStore = createStore<RecordsState>(() => ({ loaded: false, records: [] }));

export async function loadRecords(): Promise<void> {
  const records = await services().storage.listRecords();
  recordsStore.setState({ loaded: true, records: records.map(withCorrectedMetrics) });
}

/** Loads one record that has just been stored. */
export async function loadRecord(id: string): Promise<void> {
  if (recordsStore.getState().records.some((r) => r.id === id)) return;
  const record = await services().storage.getRecord(id);
  if (!record) return;
  const read = withCorrectedMetrics(record);
  recordsStore.setState((s) => ({ records: [...s.records.filter((r) => r.id !== id), read] }));
}

export async function deleteRecords(): Promise<void> {
  await services().storage.deleteRecords();
  await loadRecords();
}
