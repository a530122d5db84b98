/** What is open over the screens: the queue drawer and the dialogs. */
import { createStore } from "zustand/vanilla";

export type Dialog = "storage" | "diagnostics" | "about" | "backbone";

export interface ViewState {
  queueOpen: boolean;
  dialog: Dialog | null;
  /** Backbone that the backbone dialog edits; null adds one. */
  backboneId: string | null;
}

export const viewStore = createStore<ViewState>(() => ({ queueOpen: false, dialog: null, backboneId: null }));

export const openQueue = (): void => viewStore.setState({ queueOpen: true });
export const closeQueue = (): void => viewStore.setState({ queueOpen: false });
export const openDialog = (dialog: Dialog, backboneId: string | null = null): void =>
  viewStore.setState({ dialog, backboneId });
export const closeDialog = (): void => viewStore.setState({ dialog: null });
