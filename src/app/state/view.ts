/** What is open above the screens: the queue drawer or a dialog. */
import { createStore } from "zustand/vanilla";

export type DialogName = "storage" | "diagnostics" | "about" | "backbone";

export interface ViewState {
  queueOpen: boolean;
  dialog: DialogName | null;
  /** Id of the backbone that the backbone dialog edits; null to add one. */
  backboneId: string | null;
}

export const viewStore = createStore<ViewState>(() => ({ queueOpen: false, dialog: null, backboneId: null }));

export const openQueue = (): void => viewStore.setState({ queueOpen: true });
export const closeQueue = (): void => viewStore.setState({ queueOpen: false });
export const openDialog = (dialog: DialogName, backboneId: string | null = null): void =>
  viewStore.setState({ dialog, backboneId });
export const closeDialog = (): void => viewStore.setState({ dialog: null });
