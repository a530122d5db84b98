/**
 * Leads from an opened folder and table to a stored dataset: preview, choice of columns, import,
 * report.
 */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { PatientPathRule } from "../../bench/plan";
import { chooseTable, MAX_COMPARED_TABLES } from "../../data/choose-table";
import { sortFiles } from "../../data/folder";
import { formats } from "../../data/formats";
import { classKey, isMissing } from "../../data/outcome";
import { type PositiveChoice, suggestPositive } from "../../data/positive";
import type { ExtraColumns } from "../../data/types";
import type { ImportResult, NamedFile, Progress, TablePreview } from "../../worker/protocol";
import { loadDatasets } from "./datasets";
import { notify, wasCancelled } from "./notices";
import { services } from "./services";

export type ColumnRole = "image" | "outcome";

/** The chosen columns; "" where none is chosen. */
export interface ChosenColumns {
  image: string;
  outcome: string;
  patient: string;
  /** The part of the paths that names the patients; "" with a patient column. */
  patientFromPath: PatientPathRule | "";
}

export interface OpeningState {
  phase: "idle" | "choosing" | "importing" | "reported";
  folderName: string;
  images: NamedFile[];
  /** Files that are neither images nor tables. */
  others: NamedFile[];
  tables: NamedFile[];
  /** The table in use. */
  labels: NamedFile | null;
  /** Why this one of several tables is in use; empty after a person chose one. */
  tableReason: string;
  preview: TablePreview | null;
  columns: ChosenColumns;
  /** Columns beside these; absent where none is chosen. */
  extra: ExtraColumns;
  positive: string;
  name: string;
  progress: Progress | null;
  result: ImportResult | null;
  error: ErrorDetails | null;
}

export const initialOpening: OpeningState = {
  phase: "idle",
  folderName: "",
  images: [],
  others: [],
  tables: [],
  labels: null,
  tableReason: "",
  preview: null,
  columns: { image: "", outcome: "", patient: "", patientFromPath: "" },
  extra: {},
  positive: "",
  name: "",
  progress: null,
  result: null,
  error: null,
};

export const openingStore = createStore<OpeningState>(() => initialOpening);

/**
 * Sorts opened files into images, tables and the rest. If the new files are only tables, the images
 * that were opened before stay.
 */
export async function openFiles(files: NamedFile[], folderName: string): Promise<void> {
  const { images, tables, others } = await sortFiles(files);
  const before = openingStore.getState();
  const fresh = images.length > 0;
  openingStore.setState({
    ...initialOpening,
    phase: "choosing",
    folderName: fresh ? folderName : before.folderName,
    name: fresh ? folderName || "Untitled dataset" : before.name,
    images: fresh ? images : before.images,
    others: fresh ? others : before.others,
    tables: tables.length > 0 ? tables : before.phase === "choosing" ? before.tables : [],
    labels: tables[0] ?? (before.phase === "choosing" ? before.labels : null),
    error: files.length > 0 && images.length === 0 && tables.length === 0 ? nothingKnown(files.length) : null,
  });
  await (tables.length > 1 ? compareTables() : previewLabels());
}

function nothingKnown(count: number): ErrorDetails {
  const images = formats.extensions("image");
  const tables = formats.extensions("table");
  return {
    title: `No ${formats.labels("image", "table")} file among the ${count} files opened.`,
    expected: `a folder of images (${images}), and a table with their outcomes (${tables}).`,
    remedy: "open another folder, or convert the images first.",
  };
}

/** Reads the first tables and continues with the one that fits the images best. */
async function compareTables(): Promise<void> {
  const { tables } = openingStore.getState();
  const compared = tables.slice(0, MAX_COMPARED_TABLES);
  const previews = await Promise.all(compared.map((table) => previewOf(table).catch(() => null)));
  // A table that someone opened in the meantime takes precedence.
  if (openingStore.getState().tables !== tables) return;
  const chosen = chooseTable(tables, previews);
  // If no table is readable, this shows the error of the first one.
  if (!chosen) return previewLabels();
  openingStore.setState({ labels: chosen.table, tableReason: chosen.reason });
  showPreview(chosen.preview);
}

export async function openLabels(labels: NamedFile): Promise<void> {
  const { phase, tables } = openingStore.getState();
  const others = tables.filter((t) => t.path !== labels.path);
  openingStore.setState({
    ...(phase === "choosing" ? {} : initialOpening),
    phase: "choosing",
    labels,
    tables: [labels, ...others],
    tableReason: "",
    error: null,
  });
  await previewLabels();
}

async function previewLabels(): Promise<void> {
  const { labels } = openingStore.getState();
  if (!labels) return;
  try {
    const preview = await previewOf(labels);
    if (openingStore.getState().labels === labels) showPreview(preview);
  } catch (error) {
    openingStore.setState({ preview: null, error: detailsOf(error) });
  }
}

function previewOf(table: NamedFile): Promise<TablePreview> {
  const paths = openingStore.getState().images.map(({ path }) => path);
  return services().worker.previewTable(table, paths);
}

function showPreview(preview: TablePreview): void {
  const { image = "", outcome = "", patient = "", patientFromPath = "" } = preview.suggestion;
  const columns: ChosenColumns = { image, outcome, patient, patientFromPath };
  openingStore.setState({ preview, columns, extra: preview.extra ?? {}, error: null });
  takeSuggestedPositive();
}

export function chooseColumn(role: ColumnRole, column: string): void {
  openingStore.setState((s) => ({ columns: { ...s.columns, [role]: column }, error: null }));
  if (role === "outcome") takeSuggestedPositive();
}

/** Takes the patients from a column, or from a part of the images' paths, or from neither. */
export function choosePatients({
  patient = "",
  patientFromPath = "",
}: Partial<Pick<ChosenColumns, "patient" | "patientFromPath">>): void {
  openingStore.setState((s) => ({ columns: { ...s.columns, patient, patientFromPath }, error: null }));
}

export function chooseExtra(change: ExtraColumns): void {
  openingStore.setState((s) => ({ extra: { ...s.extra, ...change }, error: null }));
}

function takeSuggestedPositive(): void {
  openingStore.setState((state) => ({ positive: suggestedPositive(state)?.value ?? "" }));
}

/** The positive class that the outcome's values suggest, with the reason. */
export function suggestedPositive(state: OpeningState): PositiveChoice | undefined {
  return suggestPositive(outcomeValues(state));
}

/**
 * Outcome values as the import will read them, the most frequent first. Missing values are left out
 * and spellings of one class merged.
 */
export function outcomeValues(state: OpeningState): { value: string; count: number }[] {
  const merged = new Map<string, { value: string; count: number }>();
  const listed = state.preview?.values[state.columns.outcome] ?? [];
  for (const { value, count } of [...listed].sort((a, b) => b.count - a.count)) {
    if (isMissing(value)) continue;
    const key = classKey(value);
    merged.set(key, { value: merged.get(key)?.value ?? value, count: (merged.get(key)?.count ?? 0) + count });
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}

export function setPositive(positive: string): void {
  openingStore.setState({ positive });
}

export function setName(name: string): void {
  openingStore.setState({ name });
}

/** Problems that still prevent the import, by field; empty if it can start. */
export function openingProblems(
  state: OpeningState,
): Partial<Record<ColumnRole | "images" | "labels" | "name", string>> {
  const problems: ReturnType<typeof openingProblems> = {};
  if (state.images.length === 0) problems.images = "Open the folder that holds the images.";
  if (!state.labels) problems.labels = "Open the CSV that holds the outcomes.";
  if (!state.preview) return problems;
  if (!state.columns.image) problems.image = "Choose the column that names the image files.";
  else if (state.images.length > 0 && state.preview.matches?.[state.columns.image] === 0)
    problems.image = "No value of this column names an opened image.";
  if (!state.columns.outcome) problems.outcome = "Choose the column to predict.";
  else if (state.columns.outcome === state.columns.image) problems.outcome = "This is the image column.";
  else if (outcomeValues(state).length < 2)
    problems.outcome = "This column holds fewer than two values: there is nothing to tell apart.";
  if (!state.name.trim()) problems.name = "Give the dataset a name.";
  return problems;
}

export async function importOpened(): Promise<void> {
  const { images, others, labels, columns, extra, positive, name } = openingStore.getState();
  if (!labels) return;
  await track((onProgress) =>
    services().worker.importDataset(
      {
        name: name.trim(),
        files: [...images, ...others],
        labels,
        columns: {
          image: columns.image,
          outcome: columns.outcome,
          patient: columns.patient || undefined,
          patientFromPath: columns.patientFromPath || undefined,
          ...extra,
        },
        positive: positive || undefined,
      },
      onProgress,
    ),
  );
}

/**
 * Imports the synthetic phantoms. Returns the dataset's id, or null if the import failed or was
 * cancelled.
 */
export async function importDemo(): Promise<string | null> {
  return track((onProgress) => services().worker.importDemo(onProgress));
}

async function track(start: (onProgress: (p: Progress) => void) => Promise<ImportResult>): Promise<string | null> {
  const before = openingStore.getState();
  openingStore.setState({ phase: "importing", progress: null, error: null, result: null });
  try {
    const result = await start((progress) => openingStore.setState({ progress }));
    await loadDatasets(result.dataset.id);
    openingStore.setState({ ...initialOpening, phase: "reported", result });
    return result.dataset.id;
  } catch (error) {
    const phase = before.preview ? "choosing" : "idle";
    const cancelled = wasCancelled(error);
    const details = detailsOf(error);
    if (cancelled) notify(details);
    openingStore.setState({ ...before, phase, progress: null, error: cancelled ? null : details });
    return null;
  }
}

export async function cancelImport(): Promise<void> {
  await services().worker.abort();
}

export function closeOpening(): void {
  openingStore.setState(initialOpening);
}
