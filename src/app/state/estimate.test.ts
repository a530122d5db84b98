/** Tests that the store keeps only estimates of the latest plan, and how it describes them. */
import { beforeEach, expect, test } from "vitest";
import { planSchema } from "../../bench/plan";
import type { Estimated, TrainerEstimate, WorkerApi } from "../../worker/protocol";
import { estimatePlan, estimateStore, problemOf, stepSentence, worstEstimate } from "./estimate";
import { provideFakes } from "./fakes";

const plan = (name: string) =>
  planSchema.parse({ name, dataset: { id: "d" }, backbones: [{ id: "b" }], methods: [{ id: "lora" }] });

const memory: Estimated["memory"] = {
  weights: 1e6,
  activations: 2e6,
  optimizer: 3e6,
  workspace: 4e6,
  recomputed: 0,
  excess: null,
  encoded: 0,
};
const estimated = (change: Partial<Estimated> = {}): Estimated => ({
  memory,
  microBatch: 16,
  asked: false,
  budget: 2e9,
  fits: true,
  largest: 16,
  ...change,
});
const estimate = (outcome: TrainerEstimate["outcome"] = estimated(), method = "LoRA r 8"): TrainerEstimate => ({
  id: method,
  backbone: "B",
  method,
  batch: 16,
  outcome,
});

beforeEach(() => estimatePlan(null));

test("estimates come one by one; a later plan takes the place of an earlier one", async () => {
  const calls: { tell: (f: TrainerEstimate) => void; end: (whole: boolean) => void }[] = [];
  const worker: WorkerApi["estimate"] = (_plan, tell) => new Promise((end) => calls.push({ tell, end }));
  provideFakes({ estimate: worker });
  const first = estimatePlan(plan("first"));
  calls[0].tell(estimate());
  expect(estimateStore.getState()).toMatchObject({ status: "working", estimates: [{ method: "LoRA r 8" }] });
  const second = estimatePlan(plan("second"));
  calls[0].tell(estimate(estimated(), "late"));
  calls[0].end(false);
  await first;
  expect(estimateStore.getState()).toMatchObject({ status: "working", estimates: [{ method: "LoRA r 8" }] });
  calls[1].tell(estimate(estimated(), "Full"));
  calls[1].end(true);
  await second;
  expect(estimateStore.getState()).toMatchObject({ status: "done", estimates: [{ method: "Full" }] });
});

test("the store keeps a failure unless it belongs to an earlier plan", async () => {
  provideFakes({ estimate: () => Promise.reject(new Error("no backbone")) });
  await estimatePlan(plan("first"));
  expect(estimateStore.getState()).toEqual({ status: "failed", estimates: [], error: { title: "no backbone" } });
  const late = estimatePlan(plan("second"));
  await estimatePlan(null);
  await late;
  expect(estimateStore.getState().status).toBe("idle");
});

test("an estimate that failed comes first, else the largest", () => {
  const small = estimate(estimated({ memory: { ...memory, weights: 1 } }));
  expect(worstEstimate([small, estimate(), small])).toEqual(estimate());
  expect(worstEstimate([small, estimate({ error: { title: "no layers" } }), estimate()])).toEqual(
    estimate({ error: { title: "no layers" } }),
  );
  expect(worstEstimate([])).toBeUndefined();
});

test("a run that does not fit has a reason and a size that would fit", () => {
  expect(problemOf(estimate())).toBeNull();
  expect(problemOf(estimate({ error: { title: "no layers" } }))).toEqual({ title: "no layers" });
  const over = { fits: false, budget: 5e6 };
  expect(problemOf(estimate(estimated({ ...over, asked: true, largest: 6 })))).toEqual({
    title: "Takes 10 MB, more than the 5.0 MB that a trainer should stay within.",
    remedy: "6 images at a time would fit: set “Micro-batch” to 6, or to 0.",
  });
  expect(problemOf(estimate(estimated({ ...over, microBatch: 1, largest: null })))).toEqual({
    title: expect.stringMatching(/^Takes 10 MB even one image at a time, more than the 5\.0 MB /),
    remedy: expect.stringMatching(/^it is tried all the same/),
  });
  const excess = { what: "Softmax [16×9]", bytes: 3e8, limit: 1e8 };
  expect(problemOf(estimate(estimated({ fits: false, largest: 2, memory: { ...memory, excess } })))).toEqual({
    title: "Will not fit: Softmax [16×9] takes 300 MB, and this device allows 100 MB.",
    remedy: expect.stringMatching(/^2 images at a time would fit/),
  });
  expect(problemOf(estimate(estimated({ fits: false, largest: null, memory: { ...memory, excess } })))).toMatchObject({
    remedy: expect.stringMatching(/no number of images at a time would fit/),
  });
});

test("how a step goes is a sentence", () => {
  expect(stepSentence(16, estimated())).toBe("A step takes 16 images at once.");
  expect(stepSentence(1, estimated({ microBatch: 1 }))).toBe("A step takes 1 image at once.");
  expect(stepSentence(16, estimated({ microBatch: 6, memory: { ...memory, recomputed: 0.251 } }))).toBe(
    "A step takes 16 images in 3 micro-batches, as few as fit the memory, with the same result; " +
      "25 % of the work is done twice to save memory.",
  );
  expect(stepSentence(16, estimated({ microBatch: 4, asked: true }))).toBe(
    "A step takes 16 images in 4 micro-batches, as set.",
  );
});
