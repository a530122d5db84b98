/** Tests how each event changes the queue, and that a failed run or worker loses nothing. */
import { beforeEach, expect, test, vi } from "vitest";
import { planSchema } from "../../bench/plan";
import { makeRecord } from "../../bench/testing";
import type { StoredPlan } from "../../worker/protocol";
import { fakeRun, provideFakes } from "./fakes";
import { interruptedPlans, loadPlans, plansStore } from "./plans";
import { cancelStored, initialQueue, queueStore, startPlan } from "./queue";
import { recordsStore } from "./records";

const plan: StoredPlan = {
  id: "p1",
  createdAt: "2026-01-01T00:00:00Z",
  status: "ready",
  plan: planSchema.parse({
    name: "Mine",
    dataset: { demo: true },
    backbones: [{ id: "b" }],
    methods: [{ id: "lora" }],
  }),
};
const waiting = ["a", "b", "c"].map((id) => ({ id, label: `run ${id}` }));
const point = { epoch: 1, trainLoss: 0.7, valLoss: 0.6, valMcc: 0.1 };

beforeEach(() => {
  queueStore.setState(initialQueue);
  recordsStore.setState({ loaded: false, records: [] });
});

test("runs pass from waiting to done, reused or failed, and finished ones are loaded", async () => {
  const record = { ...makeRecord({}), id: "b" };
  provideFakes(
    {
      run: fakeRun([
        { type: "plan", total: 3, done: 1 },
        { type: "run-done", id: "a", index: 0, reused: true },
        { type: "run-start", id: "b", label: "run b", index: 1 },
        { type: "epoch", id: "b", point, epochs: 30 },
        { type: "eta", ms: 5000 },
        { type: "run-done", id: "b", index: 1, reused: false },
        { type: "run-start", id: "c", label: "run c", index: 2 },
        { type: "run-failed", id: "c", index: 2, error: { title: "device lost" } },
      ]),
    },
    { records: [record], plans: [plan] },
  );
  await startPlan(plan, waiting);
  const state = queueStore.getState();
  expect(state.items.map((i) => i.state)).toEqual(["reused", "done", "failed"]);
  expect([state.status, state.done, state.total, state.leftMs]).toEqual(["done", 3, 3, null]);
  await vi.waitFor(() => expect(recordsStore.getState().records).toEqual([record]));
});

test("the curve holds the current run's epochs only", async () => {
  provideFakes({
    run: fakeRun(
      [
        { type: "run-start", id: "a", label: "run a", index: 0 },
        { type: "epoch", id: "a", point, epochs: 30 },
        { type: "run-start", id: "b", label: "run b", index: 1 },
        { type: "epoch", id: "b", point: { ...point, epoch: 1 }, epochs: 30 },
      ],
      "paused",
    ),
  });
  await startPlan(plan, waiting);
  expect(queueStore.getState().curve).toHaveLength(1);
  expect(queueStore.getState().status).toBe("paused");
  expect(
    queueStore.getState().items.map((i) => i.state),
    "an unfinished run waits again",
  ).not.toContain("running");
});

test("an error of the worker stops the queue with its message", async () => {
  provideFakes({ run: () => Promise.reject(new Error("No WebGPU adapter.")) });
  await startPlan(plan, waiting);
  expect(queueStore.getState()).toMatchObject({ status: "failed", error: { title: "No WebGPU adapter." } });
});

test("a plan left running by a reload is offered again until it is left", async () => {
  provideFakes({}, { plans: [{ ...plan, status: "running" }] });
  await loadPlans();
  expect(interruptedPlans(plansStore.getState(), null).map((p) => p.id)).toEqual(["p1"]);
  expect(interruptedPlans(plansStore.getState(), "p1")).toEqual([]);
  await cancelStored("p1");
  expect(interruptedPlans(plansStore.getState(), null)).toEqual([]);
});

test("the curve holds the present candidate's epochs, where a run tries several", async () => {
  const of = (index: number) => ({ index, of: 2, label: `rate ${index + 1} of 2` });
  provideFakes({
    run: fakeRun(
      [
        { type: "run-start", id: "a", label: "run a", index: 0 },
        { type: "epoch", id: "a", point, epochs: 30, candidate: of(0) },
        { type: "epoch", id: "a", point: { ...point, epoch: 2 }, epochs: 30, candidate: of(0) },
        { type: "epoch", id: "a", point: { ...point, trainLoss: 0.2 }, epochs: 30, candidate: of(1) },
      ],
      "paused",
    ),
  });
  await startPlan(plan, waiting);
  expect(queueStore.getState()).toMatchObject({ candidate: "rate 2 of 2", curve: [{ epoch: 1, trainLoss: 0.2 }] });
});
