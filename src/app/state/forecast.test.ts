/** Forecasts of the latest plan only, and their words. */
import { beforeEach, expect, test } from "vitest";
import { planSchema } from "../../bench/plan";
import type { Foretold, TrainerForecast, WorkerApi } from "../../worker/protocol";
import { provideFakes } from "./fakes";
import { forecastPlan, forecastStore, foremostOf, passesOf, problemOf } from "./forecast";

const plan = (name: string) =>
  planSchema.parse({ name, dataset: { id: "d" }, backbones: [{ id: "b" }], methods: [{ id: "lora" }] });

const memory: Foretold["memory"] = {
  ...{ weights: 1e6, activations: 2e6, optimizer: 3e6, workspace: 4e6, recomputed: 0, excess: null, encoded: 0 },
};
const foretold = (change: Partial<Foretold> = {}): Foretold => ({
  ...{ memory, microBatch: 16, asked: false, budget: 2e9, fits: true, largest: 16 },
  ...change,
});
const forecast = (outcome: TrainerForecast["outcome"] = foretold(), method = "LoRA r 8"): TrainerForecast => ({
  ...{ id: method, backbone: "B", method, batch: 16, outcome },
});

beforeEach(() => forecastPlan(null));

test("forecasts come one by one; a later plan takes the place of an earlier one", async () => {
  const calls: { tell: (f: TrainerForecast) => void; end: (whole: boolean) => void }[] = [];
  const worker: WorkerApi["forecast"] = (_plan, tell) => new Promise((end) => calls.push({ tell, end }));
  provideFakes({ forecast: worker });
  const first = forecastPlan(plan("first"));
  calls[0].tell(forecast());
  expect(forecastStore.getState()).toMatchObject({ status: "working", forecasts: [{ method: "LoRA r 8" }] });
  const second = forecastPlan(plan("second"));
  calls[0].tell(forecast(foretold(), "late"));
  calls[0].end(false);
  await first;
  expect(forecastStore.getState()).toMatchObject({ status: "working", forecasts: [{ method: "LoRA r 8" }] });
  calls[1].tell(forecast(foretold(), "Full"));
  calls[1].end(true);
  await second;
  expect(forecastStore.getState()).toMatchObject({ status: "done", forecasts: [{ method: "Full" }] });
});

test("a failure is told, unless another plan was asked about since", async () => {
  provideFakes({ forecast: () => Promise.reject(new Error("no backbone")) });
  await forecastPlan(plan("first"));
  expect(forecastStore.getState()).toEqual({ status: "failed", forecasts: [], error: "no backbone" });
  const late = forecastPlan(plan("second"));
  await forecastPlan(null);
  await late;
  expect(forecastStore.getState().status).toBe("idle");
});

test("what cannot be trained is spoken of first, else what takes most", () => {
  const small = forecast(foretold({ memory: { ...memory, weights: 1 } }));
  expect(foremostOf([small, forecast(), small])).toEqual(forecast());
  expect(foremostOf([small, forecast({ error: "no layers" }), forecast()])).toEqual(forecast({ error: "no layers" }));
  expect(foremostOf([])).toBeUndefined();
});

test("what does not fit is told with what would", () => {
  expect(problemOf(forecast())).toBeNull();
  expect(problemOf(forecast({ error: "no layers" }))).toBe("no layers");
  const over = { fits: false, budget: 5e6 };
  expect(problemOf(forecast(foretold({ ...over, asked: true, largest: 6 })))).toBe(
    "Takes 10 MB, more than the 5.0 MB that a trainer should stay within.\n" +
      "What to do: 6 images at a time would fit: set “Images at a time” to 6, or to 0.",
  );
  expect(problemOf(forecast(foretold({ ...over, microBatch: 1, largest: null })))).toMatch(
    /^Takes 10 MB even one image at a time, more than the 5\.0 MB .*\nWhat to do: it is tried all the same/,
  );
  const excess = { what: "Softmax [16×9]", bytes: 3e8, most: 1e8 };
  expect(problemOf(forecast(foretold({ fits: false, largest: 2, memory: { ...memory, excess } })))).toMatch(
    /^Will not fit: Softmax \[16×9\] takes 300 MB, and this device allows 100 MB\.\n.* 2 images at a time would fit/,
  );
  expect(problemOf(forecast(foretold({ fits: false, largest: null, memory: { ...memory, excess } })))).toMatch(
    /no number of images at a time would fit/,
  );
});

test("how a step goes is a sentence", () => {
  expect(passesOf(16, foretold())).toBe("A step takes 16 images at once.");
  expect(passesOf(1, foretold({ microBatch: 1 }))).toBe("A step takes 1 image at once.");
  expect(passesOf(16, foretold({ microBatch: 6, memory: { ...memory, recomputed: 0.251 } }))).toBe(
    "A step takes 16 images in 3 passes, as few as fit the memory, with the same result; 25 % of the work is done twice to save memory.",
  );
  expect(passesOf(16, foretold({ microBatch: 4, asked: true }))).toBe("A step takes 16 images in 4 passes, as set.");
});
