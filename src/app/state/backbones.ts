/** The backbones on this machine (shipped, opened or pulled), and how a new one is added. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { ModelInfo } from "../../engine/types";
import type { BackboneRow } from "../../models/types";
import type { BackboneCheck, BackboneRequest, Progress } from "../../worker/protocol";
import { wasCancelled } from "./notices";
import { services } from "./services";

export interface BackbonesState {
  loaded: boolean;
  backbones: BackboneRow[];
  adding: { name: string; progress: Progress | null } | null;
  error: ErrorDetails | null;
  /** The checks of this session, by backbone id. */
  checks: Record<string, BackboneCheck>;
  /** What the files that this session read contain, by backbone id. */
  infos: Record<string, ModelInfo>;
}

export const backbonesStore = createStore<BackbonesState>(() => ({
  loaded: false,
  backbones: [],
  adding: null,
  error: null,
  checks: {},
  infos: {},
}));

const originOrder = { embedded: 0, file: 1, url: 1 };

export async function loadBackbones(): Promise<void> {
  const backbones = await services().storage.listBackbones();
  backbones.sort((a, b) => originOrder[a.origin] - originOrder[b.origin] || (a.name < b.name ? -1 : 1));
  backbonesStore.setState({ loaded: true, backbones });
}

/** Loads the backbones unless they are loaded. The screens that show backbones call it. */
export async function ensureBackbones(): Promise<void> {
  if (!backbonesStore.getState().loaded) await loadBackbones();
}

/**
 * Opens or pulls a backbone and checks it. Returns its id, or null if that failed or was cancelled.
 */
export async function addBackbone(request: BackboneRequest): Promise<string | null> {
  backbonesStore.setState({ adding: { name: request.name, progress: null }, error: null });
  try {
    const { backbone, check } = await services().worker.addBackbone(request, (progress) =>
      backbonesStore.setState({ adding: { name: request.name, progress } }),
    );
    backbonesStore.setState((s) => ({ adding: null, checks: { ...s.checks, [backbone.id]: check } }));
    await loadBackbones();
    return backbone.id;
  } catch (error) {
    backbonesStore.setState({ adding: null, error: wasCancelled(error) ? null : detailsOf(error) });
    return null;
  }
}

export async function cancelAdding(): Promise<void> {
  await services().worker.abort();
}

export async function updateBackbone(
  id: string,
  change: Partial<Pick<BackboneRow, "name" | "preprocessing" | "feature">>,
): Promise<boolean> {
  try {
    await services().worker.updateBackbone(id, change);
    backbonesStore.setState({ error: null });
    await loadBackbones();
    return true;
  } catch (error) {
    backbonesStore.setState({ error: detailsOf(error) });
    return false;
  }
}

/** What a backbone's file contains. The first call reads the file; null if that fails. */
export async function describeBackbone(id: string): Promise<ModelInfo | null> {
  const known = backbonesStore.getState().infos[id] ?? backbonesStore.getState().checks[id]?.info;
  if (known) return known;
  try {
    const info = await services().worker.describeBackbone(id);
    backbonesStore.setState((s) => ({ infos: { ...s.infos, [id]: info } }));
    return info;
  } catch (error) {
    backbonesStore.setState({ error: detailsOf(error) });
    return null;
  }
}

export async function deleteBackbone(id: string): Promise<void> {
  await services().storage.deleteBackbone(id);
  await loadBackbones();
}

export function clearBackboneError(): void {
  backbonesStore.setState({ error: null });
}
