/** The stored datasets and which of them the screens speak about. */
import { createStore } from "zustand/vanilla";
import type { DatasetRow } from "../../data/types";
import { services } from "./services";

export interface DatasetsState {
  loaded: boolean;
  /** Newest first. */
  datasets: DatasetRow[];
  selectedId: string | null;
}

export const datasetsStore = createStore<DatasetsState>(() => ({ loaded: false, datasets: [], selectedId: null }));

/** Kept beside the database, which takes a moment to open: the first screen is right from its first frame on. */
const FILLED = "radapt.datasets";

/** True where the last visit ended with datasets stored. */
export function expectsDatasets(): boolean {
  return globalThis.localStorage?.getItem(FILLED) === "yes";
}

export async function loadDatasets(select?: string): Promise<void> {
  const datasets = (await services().storage.listDatasets()).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  globalThis.localStorage?.setItem(FILLED, datasets.length > 0 ? "yes" : "no");
  datasetsStore.setState((s) => {
    const wanted = select ?? s.selectedId;
    const selectedId = datasets.some((d) => d.id === wanted) ? wanted : (datasets[0]?.id ?? null);
    return { loaded: true, datasets, selectedId };
  });
}

export function selectDataset(id: string | null): void {
  datasetsStore.setState({ selectedId: id });
}

export async function deleteDataset(id: string): Promise<void> {
  await services().storage.deleteDataset(id);
  await loadDatasets();
}

export function selectedDataset(state: DatasetsState): DatasetRow | undefined {
  return state.datasets.find((d) => d.id === state.selectedId);
}

function countPatients(dataset: DatasetRow): number {
  return new Set(dataset.images.map((i) => i.patient)).size;
}

/** "248 images · 75 patients" (or only images where there are no patients). */
export function sizeLabel(dataset: DatasetRow): string {
  const images = `${dataset.images.length} images`;
  return dataset.grouping === "patient" ? `${images} · ${countPatients(dataset)} patients` : images;
}
