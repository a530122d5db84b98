/** The adapters of runs that this browser stores, and the running download. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import { type AdapterRefusal, adapterLimits, type StoredAdapter } from "../../storage/types";
import type { DownloadKind, Progress, RunDownload } from "../../worker/protocol";
import { byteSize } from "../ui/format";
import { services } from "./services";

export type KeptAdapter = Omit<StoredAdapter, "files">;

export interface DownloadsState {
  /** Adapters by run id, for the runs that a screen asked for; null if none is stored. */
  kept: Record<string, KeptAdapter | null>;
  busy: { runId: string; kind: DownloadKind; progress: Progress | null } | null;
  /** The error of the last download that failed. */
  error: { runId: string; details: ErrorDetails } | null;
  /** Remarks on the last download. */
  notes: { runId: string; texts: string[] } | null;
}

export const initialDownloads: DownloadsState = { kept: {}, busy: null, error: null, notes: null };

export const downloadsStore = createStore<DownloadsState>(() => initialDownloads);

export async function loadKept(runId: string): Promise<void> {
  const adapter = (await services().storage.getAdapter(runId)) ?? null;
  downloadsStore.setState((s) => ({ kept: { ...s.kept, [runId]: adapter } }));
}

/** Reloads the adapters that a screen asked for, after a run finished or adapters were deleted. */
export async function reloadKept(): Promise<void> {
  await Promise.all(Object.keys(downloadsStore.getState().kept).map(loadKept));
}

/** Returns the file, or null if the worker could not make it. The store then holds the error. */
export async function download(runId: string, kind: DownloadKind): Promise<RunDownload | null> {
  downloadsStore.setState({ busy: { runId, kind, progress: null }, error: null, notes: null });
  try {
    const made = await services().worker.downloadRun(runId, kind, (progress) =>
      downloadsStore.setState({ busy: { runId, kind, progress } }),
    );
    downloadsStore.setState({ busy: null, notes: { runId, texts: made.notes } });
    return made;
  } catch (error) {
    downloadsStore.setState({ busy: null, error: { runId, details: detailsOf(error) } });
    return null;
  }
}

const onCommandLine =
  "To have it, compute the plan on the command line with --save-adapters, which keeps every adapter.";

const refusals: Readonly<Record<AdapterRefusal, () => string>> = {
  "run-limit": () => `more than the ${byteSize(adapterLimits.run)} that are kept of one run. ${onCommandLine}`,
  "total-limit": () =>
    `and the ${byteSize(adapterLimits.total)} that are kept of all runs were used up. ` +
    `Delete stored adapters under Storage before the next plan. ${onCommandLine}`,
  quota: () =>
    "and the browser had no room left. " +
    `Delete datasets, backbones or adapters under Storage before the next plan. ${onCommandLine}`,
};

/** Why a method that learns no weights has nothing to download. */
export const withoutWeights =
  "Nothing to download: this method learns no weights. " +
  "It predicts by comparing with the training images' features, which stay here.";

/** Why there is nothing to download, and what to do about it; null if there is an adapter. */
export function whyNotKept(adapter: KeptAdapter | null): string | null {
  if (!adapter)
    return (
      "What this run learnt is not stored here: " +
      `its adapter was deleted, or the run is older than the keeping of adapters. ${onCommandLine}`
    );
  return adapter.refusal
    ? `What this run learnt was not kept: it takes ${byteSize(adapter.bytes)}, ${refusals[adapter.refusal]()}`
    : null;
}
