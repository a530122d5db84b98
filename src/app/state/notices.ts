/**
 * Messages that belong to no field, such as a failed read. They stand above the screen until
 * someone dismisses them.
 */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails, RadaptError } from "../../base";

export interface Notice {
  id: number;
  kind: "error" | "info";
  message: string | ErrorDetails;
}

export const noticesStore = createStore<{ notices: Notice[] }>(() => ({ notices: [] }));

let nextNoticeId = 1;

export function notify(message: Notice["message"], kind: Notice["kind"] = "info"): void {
  noticesStore.setState((s) => ({ notices: [...s.notices.slice(-3), { id: nextNoticeId++, kind, message }] }));
}

export function dismiss(id: number): void {
  noticesStore.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
}

/** True if an operation ended because the person cancelled it, which is no error. */
export function wasCancelled(error: unknown): boolean {
  return error instanceof RadaptError && error.code === "cancelled";
}

/** Runs the action of a click. If it throws, the error becomes a notice. */
export function attempt(action: () => Promise<unknown>): void {
  action().catch((error: unknown) => notify(detailsOf(error), "error"));
}
