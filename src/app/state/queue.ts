/**
 * The running plan: its runs, the curve of the current run, the time left, and how to pause, resume
 * and cancel it.
 */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { EpochPoint } from "../../bench/record";
import type { Progress, RunEvent, StoredPlan } from "../../worker/protocol";
import { loadPlans } from "./plans";
import { loadRecord } from "./records";
import { services } from "./services";

export interface QueueItem {
  id: string;
  label: string;
  state: "waiting" | "running" | "done" | "reused" | "failed";
  /** The error of a failed run. */
  error?: ErrorDetails;
}

export interface QueueState {
  status: "idle" | "running" | "pausing" | "paused" | "cancelling" | "cancelled" | "done" | "failed";
  planId: string | null;
  planName: string;
  total: number;
  done: number;
  items: QueueItem[];
  currentId: string | null;
  stage: Progress | null;
  /**
   * Training curve of the current run. If the run trains several candidates to choose a setting,
   * the curve of the current one.
   */
  curve: EpochPoint[];
  /** Description of the current candidate; empty if the run trains only once. */
  candidate: string;
  /** Maximum number of epochs of the current run. */
  epochs: number;
  leftMs: number | null;
  error: ErrorDetails | null;
}

export const initialQueue: QueueState = {
  status: "idle",
  planId: null,
  planName: "",
  total: 0,
  done: 0,
  items: [],
  currentId: null,
  stage: null,
  curve: [],
  candidate: "",
  epochs: 0,
  leftMs: null,
  error: null,
};

export const queueStore = createStore<QueueState>(() => initialQueue);

export function isBusy(status: QueueState["status"]): boolean {
  return status === "running" || status === "pausing" || status === "cancelling";
}

/**
 * Changes an item, or adds it. A waiting item is one that the page planned and the worker has not
 * named yet.
 */
function withItem(items: QueueItem[], change: Partial<QueueItem> & { id: string }): QueueItem[] {
  if (!items.some((i) => i.id === change.id)) return [...items, { label: change.id, state: "waiting", ...change }];
  return items.map((i) => (i.id === change.id ? { ...i, ...change } : i));
}

/** The state of the queue after an event from the worker. */
function reduceEvent(state: QueueState, event: RunEvent): QueueState {
  switch (event.type) {
    case "plan":
      return { ...state, total: event.total, done: event.done };
    case "run-start":
      return {
        ...state,
        currentId: event.id,
        stage: null,
        curve: [],
        candidate: "",
        epochs: 0,
        items: withItem(state.items, { id: event.id, label: event.label, state: "running" }),
      };
    case "stage":
      return { ...state, stage: event.progress };
    case "micro-batch":
    case "audit-done":
    case "audit-failed":
      return state;
    case "epoch": {
      const next = { ...state, stage: null, epochs: event.epochs };
      if (event.id !== state.currentId) return next;
      const candidate = event.candidate?.label ?? "";
      const before = candidate === state.candidate ? state.curve : [];
      return { ...next, candidate, curve: [...before, event.point] };
    }
    case "run-done": {
      const items = withItem(state.items, { id: event.id, state: event.reused ? "reused" : "done" });
      return { ...state, stage: null, items, done: finished(items, state) };
    }
    case "run-failed": {
      const items = withItem(state.items, { id: event.id, state: "failed", error: event.error });
      return { ...state, stage: null, items, done: finished(items, state) };
    }
    case "eta":
      return { ...state, leftMs: event.ms };
    case "finished":
      return { ...state, status: event.outcome, stage: null, leftMs: null, currentId: null };
  }
}

/**
 * Number of finished runs: the items that finished, or the worker's count at the start if that is
 * larger.
 */
function finished(items: QueueItem[], state: QueueState): number {
  const settled = items.filter((i) => i.state !== "waiting" && i.state !== "running").length;
  return Math.min(state.total, Math.max(settled, state.done));
}

/**
 * Computes the runs of the plan that have no record. `waiting` lists its runs so that the queue can
 * show them beforehand.
 */
export async function startPlan(plan: StoredPlan, waiting: { id: string; label: string }[] = []): Promise<void> {
  if (isBusy(queueStore.getState().status)) throw new Error("Another plan is running. Pause or cancel it first.");
  queueStore.setState({
    ...initialQueue,
    status: "running",
    planId: plan.id,
    planName: plan.plan.name,
    total: waiting.length,
    items: waiting.map((run) => ({ ...run, state: "waiting" })),
  });
  try {
    const outcome = await services().worker.run(plan.id, (event) => {
      queueStore.setState((s) => reduceEvent(s, event));
      if (event.type === "run-done" || event.type === "audit-done") void loadRecord(event.id);
    });
    queueStore.setState((s) => reduceEvent(s, { type: "finished", outcome }));
  } catch (error) {
    queueStore.setState({ status: "failed", error: detailsOf(error), stage: null, leftMs: null, currentId: null });
  }
  queueStore.setState((s) => ({
    items: s.items.map((i) => (i.state === "running" ? { ...i, state: "waiting" } : i)),
  }));
  await loadPlans();
}

export async function pauseQueue(): Promise<void> {
  queueStore.setState({ status: "pausing" });
  await services().worker.pause();
}

export async function cancelQueue(): Promise<void> {
  if (isBusy(queueStore.getState().status)) {
    queueStore.setState({ status: "cancelling" });
    await services().worker.cancel();
  } else {
    await cancelStored(queueStore.getState().planId);
    queueStore.setState({ status: "cancelled" });
  }
}

/** Marks a paused or interrupted plan as cancelled, so that the app does not offer it again. */
export async function cancelStored(planId: string | null): Promise<void> {
  const plan = (await services().storage.listPlans()).find((p) => p.id === planId);
  if (plan) await services().storage.putPlan({ ...plan, status: "cancelled" });
  await loadPlans();
}
