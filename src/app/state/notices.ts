/** Messages that belong to no field: a failed read, a finished deletion. Shown above the screen until dismissed. */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails, RadaptError } from "../../base";

export interface Notice {
  id: number;
  kind: "error" | "info";
  message: string | ErrorDetails;
}

export const noticesStore = createStore<{ notices: Notice[] }>(() => ({ notices: [] }));

let nextId = 1;

export function notify(message: Notice["message"], kind: Notice["kind"] = "info"): void {
  noticesStore.setState((s) => ({ notices: [...s.notices.slice(-3), { id: nextId++, kind, message }] }));
}

export function dismiss(id: number): void {
  noticesStore.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
}

/** Whether an import or a download ended because the person cancelled it: that is no error. */
export function wasCancelled(error: unknown): boolean {
  return error instanceof RadaptError && error.code === "cancelled";
}

/** Runs something for a click; what it throws becomes a notice. */
export function attempt(action: () => Promise<unknown>): void {
  action().catch((error: unknown) => notify(detailsOf(error), "error"));
}
