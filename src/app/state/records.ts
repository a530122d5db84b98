/** The stored records, from which all tables and charts are made. */
import { createStore } from "zustand/vanilla";
import type { RunRecord } from "../../bench/record";
import { services } from "./services";

export interface RecordsState {
  loaded: boolean;
  records: RunRecord[];
}

export const recordsStore = createStore<RecordsState>(() => ({ loaded: false, records: [] }));

export async function loadRecords(): Promise<void> {
  recordsStore.setState({ loaded: true, records: await services().storage.listRecords() });
}

/** Loads one record that has just been stored. */
export async function loadRecord(id: string): Promise<void> {
  if (recordsStore.getState().records.some((r) => r.id === id)) return;
  const record = await services().storage.getRecord(id);
  if (record) recordsStore.setState((s) => ({ records: [...s.records.filter((r) => r.id !== id), record] }));
}

export async function deleteRecords(): Promise<void> {
  await services().storage.deleteRecords();
  await loadRecords();
}
