/**
 * Tests the downloads of a run: what is stored, why something is missing, and errors beside the
 * run.
 */
import { beforeEach, expect, test } from "vitest";
import { download, downloadsStore, initialDownloads, loadKept, reloadKept, whyNotKept } from "./downloads";
import { provideFakes } from "./fakes";

beforeEach(() => downloadsStore.setState(initialDownloads));

test("the store loads the adapter of a run, and reloads it after a change", async () => {
  const state = provideFakes({}, { adapters: [{ id: "a", bytes: 10 }] });
  await loadKept("a");
  await loadKept("b");
  expect(downloadsStore.getState().kept).toEqual({ a: { id: "a", bytes: 10 }, b: null });
  state.adapters = [{ id: "b", bytes: 20_000_000, refusal: "run-limit" }];
  await reloadKept();
  expect(downloadsStore.getState().kept).toEqual({ a: null, b: state.adapters[0] });
});

test("a missing download has a reason with figures and a remedy", () => {
  expect(whyNotKept({ id: "a", bytes: 10 })).toBeNull();
  expect(whyNotKept(null)).toMatch(/not stored here.*--save-adapters/);
  const refused = (refusal: "run-limit" | "total-limit" | "quota") => whyNotKept({ id: "a", bytes: 20e6, refusal });
  expect(refused("run-limit")).toMatch(/takes 20 MB, more than the 16 MB.*--save-adapters/);
  expect(refused("total-limit")).toMatch(/the 500 MB.*under Storage/);
  expect(refused("quota")).toMatch(/no room left.*under Storage/);
});

test("a download tells its progress and gives the file; a failed one says why", async () => {
  const file = new Blob(["x"]);
  provideFakes({
    downloadRun: async (runId, kind, onProgress) => {
      onProgress({ done: 1, total: 3, what: "Writing the model" });
      expect(downloadsStore.getState().busy).toMatchObject({ runId, kind, progress: { done: 1 } });
      return { name: "m.zip", file, notes: ["one image at a time"] };
    },
  });
  expect(await download("a", "model")).toEqual({ name: "m.zip", file, notes: ["one image at a time"] });
  expect(downloadsStore.getState()).toMatchObject({
    busy: null,
    notes: { runId: "a", texts: ["one image at a time"] },
  });
  provideFakes({ downloadRun: () => Promise.reject(new Error("The backbone is gone.")) });
  expect(await download("a", "model")).toBeNull();
  expect(downloadsStore.getState()).toMatchObject({
    busy: null,
    error: { runId: "a", details: { title: "The backbone is gone." } },
  });
});
