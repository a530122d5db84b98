/**
 * Datasets, backbones, settings, storage usage and change events in (fake) IndexedDB; sweeps delete
 * what interrupted work left.
 */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RadaptError } from "../base/error";
import { migrateRecord, type StoredRecord } from "../bench/migrate-record";
import { before } from "../bench/testing";
import { createAdapterRepository } from "./adapters";
import { openDatabase } from "./db";
import { type BrowserStorage, type Change, createChanges, openStorage } from "./index";
import { withinQuota } from "./quota";
import { datasetRow, runRecord, testBackboneRow } from "./testing";

let storage: BrowserStorage;
let name: string;
let count = 0;
beforeEach(async () => {
  name = `storage-test-${count++}`;
  storage = await openStorage(name);
});
afterEach(() => storage.close());

const image = (imageName: string, text = "abc") => {
  const bytes = new TextEncoder().encode(text);
  return { name: imageName, bytes, type: "image/png", file: new Blob([bytes]) };
};

async function importImages(id: string, names: string[], text?: string): Promise<void> {
  const sink = await storage.datasets.createSink();
  for (const imageName of names) await sink.addImage(image(imageName, text));
  await sink.finish(datasetRow(id, names));
}

async function countKeys(): Promise<Record<string, number>> {
  const db = await openDatabase(name);
  const counts = {
    images: await db.count("images"),
    pending: await db.count("pendingImageSets"),
    files: await db.count("files"),
  };
  db.close();
  return counts;
}

describe("datasets", () => {
  test("are visible when finished, with their images", async () => {
    const sink = await storage.datasets.createSink();
    await sink.addImage(image("a.png"));
    await sink.addImage(image("b.png", "other"));
    expect(await storage.datasets.list()).toEqual([]);
    await sink.finish(datasetRow("d", ["a.png", "b.png"]));
    expect(await storage.datasets.get("d")).toEqual(datasetRow("d", ["a.png", "b.png"]));
    const blob = await storage.datasets.image("d", "b.png");
    expect([blob?.type, await blob?.text()]).toEqual(["image/png", "other"]);
    expect(await storage.datasets.image("d", "c.png")).toBeUndefined();
    const source = await storage.datasets.open("d");
    expect(await (await source!.image("a.png")).text()).toBe("abc");
    await expect(source!.image("c.png")).rejects.toMatchObject({ code: "dataset.image-missing" });
    expect(await storage.datasets.open("none")).toBeUndefined();
  });

  test("an aborted import leaves nothing", async () => {
    const sink = await storage.datasets.createSink();
    await sink.addImage({ ...image("a.png"), bytes: new Uint8Array(9_000_000) });
    expect(await countKeys()).toMatchObject({ images: 1, pending: 1 });
    await sink.abort();
    expect(await countKeys()).toMatchObject({ images: 0, pending: 0 });
    await sink.abort();
  });

  test("an import broken off by a crash is swept, one under way is not", async () => {
    const db = await openDatabase(name);
    await db.put("pendingImageSets", { since: "" }, "crashed");
    await db.put("images", new Blob(["x"]), ["crashed", "a.png"]);
    db.close();
    const sink = await storage.datasets.createSink();
    await sink.addImage({ ...image("a.png"), bytes: new Uint8Array(9_000_000) });
    (await openStorage(name)).close();
    expect(await countKeys()).toMatchObject({ images: 1, pending: 1 });
    await sink.finish(datasetRow("d", ["a.png"]));
    expect(await countKeys()).toMatchObject({ images: 1, pending: 0 });
  });

  test("one of the same id is replaced, and deletion takes the images along", async () => {
    await importImages("d", ["a.png", "b.png"], "old");
    await importImages("e", ["a.png"], "kept");
    await importImages("d", ["a.png"], "new");
    expect(await (await storage.datasets.image("d", "a.png"))?.text()).toBe("new");
    expect(await countKeys()).toMatchObject({ images: 2 });
    await storage.datasets.delete("d");
    expect((await storage.datasets.list()).map((d) => d.id)).toEqual(["e"]);
    expect(await countKeys()).toMatchObject({ images: 1 });
    expect(await (await storage.datasets.image("e", "a.png"))?.text()).toBe("kept");
  });

  test("a row that names an image that was not added is a defect", async () => {
    const sink = await storage.datasets.createSink();
    await expect(sink.finish(datasetRow("d", ["a.png"]))).rejects.toThrow("Radapt defect");
    await sink.abort();
  });
});

describe("backbones", () => {
  test("are written in chunks, changed and deleted", async () => {
    const writer = await storage.backbones.createWriter();
    await writer.write(Uint8Array.of(1, 2));
    expect(await storage.backbones.list()).toEqual([]);
    await writer.write(Uint8Array.of(3));
    await writer.finish(testBackboneRow("b"));
    const bytes = await (await storage.backbones.bytes("b"))?.arrayBuffer();
    expect(new Uint8Array(bytes!)).toEqual(Uint8Array.of(1, 2, 3));
    expect(await storage.backbones.update({ ...testBackboneRow("b"), feature: "cls" })).toBe(true);
    expect(await storage.backbones.get("b")).toMatchObject({ feature: "cls" });
    expect(await storage.backbones.update(testBackboneRow("c"))).toBe(false);
    await storage.backbones.add(testBackboneRow("b"), new Blob(["new"]));
    expect(await (await storage.backbones.bytes("b"))?.text()).toBe("new");
    expect(await countKeys()).toMatchObject({ files: 1 });
    await storage.backbones.delete("b");
    expect(await storage.backbones.bytes("b")).toBeUndefined();
    expect(await countKeys()).toMatchObject({ files: 0 });
  });

  test("an aborted or orphaned file leaves nothing; a cleared one is named", async () => {
    const writer = await storage.backbones.createWriter();
    await writer.write(Uint8Array.of(1));
    await writer.abort();
    const db = await openDatabase(name);
    await db.put("files", new Blob(["x"]), "orphan");
    await storage.backbones.add(testBackboneRow("b"), new Blob(["x"]));
    await storage.backbones.sweep();
    expect(await db.count("files")).toBe(1);
    await db.clear("files");
    db.close();
    await expect(storage.backbones.bytes("b")).rejects.toMatchObject({ code: "backbone.file-missing" });
  });
});

describe("adapters", () => {
  const files = (bytes: number) => ({ "a.json": new Uint8Array(2), "a.bin": new Uint8Array(bytes).fill(7) });
  const made = (bytes: number) => async () => files(bytes);

  test("are kept by run, replaced, counted, and deleted with the run's record", async () => {
    const { adapters, records } = storage;
    // The store keeps only the view, not the larger buffer behind it.
    await adapters.put("r", async () => ({ "a.bin": new Uint8Array(100).subarray(2, 5) }));
    expect((await adapters.get("r"))!.files!["a.bin"].buffer.byteLength).toBe(3);
    expect(await adapters.put("r", made(8))).toMatchObject({ id: "r", bytes: 10 });
    expect(await adapters.get("r")).toEqual({ id: "r", bytes: 10, files: files(8) });
    await adapters.put("s", made(3));
    await adapters.put("t", made(4));
    expect(await adapters.usage()).toEqual({ items: 3, bytes: 21 });
    for (const id of ["r", "s", "t"]) await records.putIfAbsent(runRecord(id));
    await records.delete(["r"]);
    expect(await adapters.get("r")).toBeUndefined();
    await adapters.delete(["s"]);
    expect(await adapters.usage()).toEqual({ items: 1, bytes: 6 });
    expect(await records.has(["s"])).toEqual(new Set(["s"]));
    await records.clear();
    expect(await adapters.usage()).toEqual({ items: 0, bytes: 0 });
  });

  test("that are too large, alone or together, leave their size and the reason", async () => {
    const db = await openDatabase(name);
    const adapters = createAdapterRepository(db, storage.changes, { run: 10, total: 15 });
    expect(await adapters.put("a", made(9))).toEqual({ id: "a", bytes: 11, files: null, refusal: "run-limit" });
    const never = () => Promise.reject(new Error("made in vain"));
    expect(await adapters.put("z", never, 11)).toEqual({ id: "z", bytes: 11, files: null, refusal: "run-limit" });
    expect(await adapters.put("b", made(8))).toMatchObject({ files: files(8) });
    expect(await adapters.put("c", made(4))).toMatchObject({ bytes: 6, files: null, refusal: "total-limit" });
    expect(await adapters.get("c")).toEqual({ id: "c", bytes: 6, files: null, refusal: "total-limit" });
    // The size of the replaced files does not count.
    expect(await adapters.put("b", made(7))).toMatchObject({ files: files(7) });
    expect(await adapters.usage()).toEqual({ items: 1, bytes: 9 });
    db.close();
    let writes = 0;
    const full = async () => {
      if (++writes === 1) throw new DOMException("full", "QuotaExceededError");
    };
    const small = Object.assign(Object.create(db), { put: full, get: async () => undefined, transaction: () => empty });
    const empty = { store: { index: () => ({ openKeyCursor: async () => null }) } };
    const onFullDisk = createAdapterRepository(small, storage.changes);
    expect(await onFullDisk.put("d", made(1))).toMatchObject({ files: null, refusal: "quota" });
  });

  test("find their place in a database that an earlier version wrote", async () => {
    const old = `${name}-old`;
    await writeDatabase(old, 1, [runRecord("r")]);
    const migrated = await openStorage(old);
    expect(await migrated.records.get("r")).toEqual(runRecord("r"));
    await migrated.adapters.put("r", made(1));
    expect(await migrated.adapters.usage()).toEqual({ items: 1, bytes: 3 });
    migrated.close();
  });
});

/** Writes a database of version 1 or 2 with some records, as an earlier Radapt left it. */
function writeDatabase(of: string, version: 1 | 2, records: readonly StoredRecord[]): Promise<void> {
  const stores = ["datasets", "images", "pendingImageSets", "backbones", "files", "features", "plans", "settings"];
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(of, version);
    request.onupgradeneeded = () => {
      for (const store of stores) request.result.createObjectStore(store);
      request.result.createObjectStore("records").createIndex("bytes", "bytes");
      if (version === 2) request.result.createObjectStore("adapters").createIndex("kept", "kept");
      const kept = request.transaction!.objectStore("records");
      for (const record of records) kept.put({ record, bytes: 1 }, record.id);
    };
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
    request.onerror = () => reject(request.error);
  });
}

test("records of schema 1 are migrated with the database and keep their ids", async () => {
  const old = `${name}-schema-1`;
  await writeDatabase(old, 2, before.records);
  const migrated = await openStorage(old);
  const ids = before.records.map(({ id }) => id);
  expect(await migrated.records.has(ids)).toEqual(new Set(ids));
  const expected = before.records.map(migrateRecord);
  expect(await migrated.records.list(ids)).toEqual(expected);
  const bytes = expected.reduce((sum, record) => sum + JSON.stringify(record).length, 0);
  expect(await migrated.records.usage()).toEqual({ items: ids.length, bytes });
  migrated.close();
});

test("settings are kept by key", async () => {
  await storage.settings.put("theme", { dark: true });
  expect(await storage.settings.get("theme")).toEqual({ dark: true });
  await storage.settings.delete("theme");
  expect(await storage.settings.get("theme")).toBeUndefined();
});

test("usage count what is stored", async () => {
  await importImages("d", ["a.png", "b.png"]);
  await storage.backbones.add(testBackboneRow("b", 5), new Blob(["12345"]));
  await storage.features.put("g/1/", [{ image: "x", feature: new Float32Array(4) }]);
  await storage.features.put("g/2/", [{ image: "x", feature: new Float32Array(2) }]);
  await storage.records.putIfAbsent(runRecord("r"));
  expect(await storage.usage()).toMatchObject({
    datasets: [{ id: "d", items: 2, bytes: 6 }],
    backbones: [{ id: "b", bytes: 5 }],
    features: { items: 2, bytes: 24 },
    records: { items: 1, bytes: JSON.stringify(runRecord("r")).length },
    adapters: { items: 0, bytes: 0 },
  });
});

test("changes reach this thread and others", async () => {
  const here: Change[] = [];
  const stop = storage.changes.subscribe((change) => here.push(change));
  const elsewhere = createChanges(name);
  const heard = new Promise<Change>((resolve) => elsewhere.subscribe(resolve));
  await storage.records.putIfAbsent(runRecord("r"));
  expect(here).toEqual([{ store: "records", id: "r" }]);
  expect(await heard).toEqual({ store: "records", id: "r" });
  stop();
  await storage.records.clear();
  expect(here).toHaveLength(1);
  elsewhere.close();
});

test("a full disk is reported with usage and a remedy", async () => {
  vi.stubGlobal("navigator", { storage: { estimate: async () => ({ usage: 9_500_000, quota: 120_000_000 }) } });
  const full = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
  const error: unknown = await withinQuota("the images", full).catch((e: unknown) => e);
  vi.unstubAllGlobals();
  expect(error).toBeInstanceOf(RadaptError);
  expect((error as RadaptError).parts).toMatchObject({ code: "storage.quota", got: "9.5 MB of 120 MB are in use" });
  await expect(withinQuota("x", () => Promise.reject(new TypeError("other")))).rejects.toThrow(TypeError);
});

test("a database of a newer version is refused, not damaged", async () => {
  storage.close();
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name, 999);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
    request.onerror = () => reject(request.error);
  });
  await expect(openStorage(name)).rejects.toMatchObject({ code: "storage.newer" });
});
