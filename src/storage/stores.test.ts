/**
 * Every implementation of FeatureStore, RecordStore and PlanStore (memory, IndexedDB, files)
 * behaves as their interfaces say.
 */
import "fake-indexeddb/auto";
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateRecord } from "../bench/migrate-record";
import { planSchema } from "../bench/plan";
import { before } from "../bench/testing";
import { featureGroup } from "./feature-group";
import { type BrowserStorage, openStorage } from "./index";
import { createMemoryFeatureStore, createMemoryPlanStore, createMemoryRecordStore } from "./memory";
import { createFileFeatureStore } from "./node/features";
import { createFileRecordStore } from "./node/records";
import { runRecord, somePreprocessing } from "./testing";
import type { FeatureStore, PlanStore, RecordStore } from "./types";

let browser: BrowserStorage;
let folder: string;
beforeAll(async () => {
  browser = await openStorage("stores-test");
  folder = await mkdtemp(join(tmpdir(), "radapt-stores-"));
});
afterAll(async () => {
  browser.close();
  await rm(folder, { recursive: true });
});

const featureStores: [string, () => FeatureStore][] = [
  ["memory", createMemoryFeatureStore],
  ["IndexedDB", () => browser.features],
  ["files", () => createFileFeatureStore(join(folder, "features"))],
];
const recordStores: [string, () => RecordStore][] = [
  ["memory", createMemoryRecordStore],
  ["IndexedDB", () => browser.records],
  ["files", () => createFileRecordStore(join(folder, "records"))],
];
const planStores: [string, () => PlanStore][] = [
  ["memory", createMemoryPlanStore],
  ["IndexedDB", () => browser.plans],
];

describe.each(featureStores)("features in %s", (_name, create) => {
  test("are given back by group and image, and deleted by backbone", async () => {
    const store = create();
    const feature = Float32Array.from([1, -2.5, Math.PI]);
    const small = await featureGroup({ sha256: "aa", preprocessing: somePreprocessing, feature: "cls" });
    const large = await featureGroup({
      sha256: "aa",
      preprocessing: { ...somePreprocessing, size: 16 },
      feature: "cls",
    });
    const other = await featureGroup({ sha256: "ab", preprocessing: somePreprocessing, feature: "cls" });
    expect(new Set([small, large, other]).size).toBe(3);
    expect(await store.get(small, ["x", "y"])).toEqual([undefined, undefined]);
    // The store keeps only the view, not the larger buffer behind it.
    const view = new Float32Array([9, ...feature, 9]).subarray(1, 4);
    await store.put(small, [{ image: "x", feature: view }]);
    await store.put(small, [{ image: "y", feature: Float32Array.of(4, 5, 6) }]);
    await store.put(large, [{ image: "x", feature: Float32Array.of(1) }]);
    await store.put(other, [{ image: "x", feature: Float32Array.of(7) }]);
    expect(await store.get(small, ["y", "z", "x"])).toEqual([Float32Array.of(4, 5, 6), undefined, feature]);
    expect(await store.usage()).toEqual({ items: 4, bytes: 32 });
    await store.deletePrefix("aa/");
    expect(await store.get(small, ["x"])).toEqual([undefined]);
    expect(await store.get(other, ["x"])).toEqual([Float32Array.of(7)]);
    await store.deletePrefix("");
    expect(await store.usage()).toEqual({ items: 0, bytes: 0 });
  });
});

describe.each(recordStores)("records in %s", (_name, create) => {
  test("are stored once, listed and deleted", async () => {
    const store = create();
    expect(await store.list()).toEqual([]);
    expect(await store.putIfAbsent(runRecord("b"))).toBe(true);
    expect(await store.putIfAbsent(runRecord("b", 0.9))).toBe(false);
    expect(await store.putIfAbsent(runRecord("a"))).toBe(true);
    expect(await store.get("b")).toEqual(runRecord("b", 0.5));
    expect(await store.get("c")).toBeUndefined();
    expect(await store.has(["a", "c"])).toEqual(new Set(["a"]));
    expect((await store.list(["b", "c", "a"])).map((r) => r.id)).toEqual(["b", "a"]);
    expect((await store.list()).map((r) => r.id).sort()).toEqual(["a", "b"]);
    await store.delete(["a", "c"]);
    expect((await store.list()).map((r) => r.id)).toEqual(["b"]);
    await store.clear();
    expect(await store.list()).toEqual([]);
  });
});

describe.each(planStores)("plans in %s", (_name, create) => {
  test("are stored, changed, listed and deleted", async () => {
    const store = create();
    const plan = planSchema.parse({ dataset: { demo: true }, backbones: [{ id: "b" }], methods: [{ id: "lora" }] });
    const stored = { id: "p", createdAt: "2026-01-01", plan, status: "ready" } as const;
    await store.put(stored);
    await store.put({ ...stored, status: "paused" });
    expect(await store.get("p")).toEqual({ ...stored, status: "paused" });
    expect(await store.list()).toHaveLength(1);
    await store.delete("p");
    expect(await store.list()).toEqual([]);
  });
});

describe("files after a crash", () => {
  test("a feature line cut short costs that image only", async () => {
    const path = join(folder, "crash");
    const group = "aa/bb/";
    await createFileFeatureStore(path).put(group, [{ image: "x", feature: Float32Array.of(1) }]);
    await appendFile(join(path, "aa/bb.jsonl"), '{"image":"y","feat');
    const again = createFileFeatureStore(path);
    expect(await again.get(group, ["x", "y"])).toEqual([Float32Array.of(1), undefined]);
    await again.put(group, [{ image: "y", feature: Float32Array.of(2) }]);
    expect(await createFileFeatureStore(path).get(group, ["x", "y"])).toEqual([Float32Array.of(1), Float32Array.of(2)]);
  });

  test("a damaged record is as good as absent, and no half-written file stays", async () => {
    const path = join(folder, "damaged");
    const store = createFileRecordStore(path);
    await store.putIfAbsent(runRecord("a"));
    await writeFile(join(path, "a.json"), '{"id":"a",');
    expect(await store.has(["a"])).toEqual(new Set());
    expect(await store.putIfAbsent(runRecord("a"))).toBe(true);
    expect(await readdir(path)).toEqual(["a.json"]);
  });
});

test("files of records of schema 1 are read in today's shape, under the same ids", async () => {
  const path = join(folder, "schema-1");
  await mkdir(path);
  for (const record of before.records) await writeFile(join(path, `${record.id}.json`), JSON.stringify(record));
  const store = createFileRecordStore(path);
  const ids = before.records.map(({ id }) => id);
  expect(await store.has(ids)).toEqual(new Set(ids));
  expect(await store.list(ids)).toEqual(before.records.map(migrateRecord));
});
