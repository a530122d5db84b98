/** The stored datasets, and the one that the screens show. */
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

/**
 * This key is in localStorage, since the database takes a moment to open. Therefore the first frame
 * already shows the right screen.
 */
const FILLED = "radapt.datasets";

/** True if the last visit ended with stored datasets. */
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

/** "248 images · 75 patients", or only the images if there are no patients. */
export function sizeLabel(dataset: DatasetRow): string {
  const images = `${dataset.images.length} images`;
  return dataset.grouping === "patient" ? `${images} · ${countPatients(dataset)} patients` : images;
}
