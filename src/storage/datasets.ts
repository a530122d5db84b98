/**
 * Stores datasets: one row each, and their images one by one.
 *
 * An import writes its images under an image set of its own. The last transaction writes the row,
 * which makes the images visible. The next opening of the storage deletes what an interrupted
 * import left.
 */
import { assert } from "../base/error";
import type { DatasetRow, DatasetSink } from "../data/types";
import type { Changes } from "./changes";
import { type Database, keysOf } from "./db";
import { markLive, unlessLive } from "./live";
import { missingImage } from "./memory";
import { withinQuota } from "./quota";
import type { DatasetSource } from "./types";

export interface DatasetRepository {
  list(): Promise<DatasetRow[]>;
  get(id: string): Promise<DatasetRow | undefined>;
  /** The encoded file of an image, as the user opened it. */
  image(id: string, name: string): Promise<Blob | undefined>;
  /** The images of one dataset, for a run; undefined when there is no such dataset. */
  open(id: string): Promise<DatasetSource | undefined>;
  /**
   * Begins an import. Finishing it with the id of an existing dataset replaces that dataset. The
   * sink throws RadaptError "storage.quota" when the browser has no more space; `abort` then frees
   * what it wrote.
   */
  createSink(): Promise<DatasetSink>;
  delete(id: string): Promise<void>;
  /** Deletes what interrupted imports left. */
  sweep(): Promise<void>;
}

/**
 * Target size of a transaction, bytes: large enough for few transactions, small enough to buffer in
 * memory.
 */
const chunkBytes = 8_000_000;

export function createDatasetRepository(db: Database, changes: Changes): DatasetRepository {
  const find = (id: string) => db.get("datasets", id);
  const image = async (id: string, name: string) => {
    const found = await find(id);
    return found && db.get("images", [found.imageSet, name]);
  };
  return {
    list: async () => (await db.getAll("datasets")).map(({ row }) => row),
    get: async (id) => (await find(id))?.row,
    image,
    open: async (id) => {
      const found = await find(id);
      if (!found) return undefined;
      const { row, imageSet } = found;
      const read = async (name: string) => {
        const blob = await db.get("images", [imageSet, name]);
        if (!blob) throw missingImage(row, name);
        return blob;
      };
      return { row, image: read };
    },
    createSink: () => createSink(db, changes),
    delete: async (id) => {
      const tx = db.transaction(["datasets", "images"], "readwrite");
      const found = await tx.objectStore("datasets").get(id);
      await Promise.all([
        tx.objectStore("datasets").delete(id),
        found && tx.objectStore("images").delete(keysOf(found.imageSet)),
        tx.done,
      ]);
      changes.emit({ store: "datasets", id });
    },
    sweep: async () => {
      for (const set of await db.getAllKeys("pendingImageSets")) {
        await unlessLive(`import ${set}`, () => dropPending(db, set));
      }
    },
  };
}

async function dropPending(db: Database, set: string): Promise<void> {
  const tx = db.transaction(["images", "pendingImageSets"], "readwrite");
  // Look it up again: the import may have finished since the sweep listed it.
  const pending = (await tx.objectStore("pendingImageSets").getKey(set)) !== undefined;
  await Promise.all([
    pending && tx.objectStore("images").delete(keysOf(set)),
    pending && tx.objectStore("pendingImageSets").delete(set),
    tx.done,
  ]);
}

async function createSink(db: Database, changes: Changes): Promise<DatasetSink> {
  const set = crypto.randomUUID();
  const endMark = await markLive(`import ${set}`);
  const names = new Set<string>();
  let waiting: { name: string; blob: Blob }[] = [];
  let waitingBytes = 0;
  let closed = false;

  await withinQuota("the images", () => db.put("pendingImageSets", { since: new Date().toISOString() }, set)).catch(
    (error: unknown) => {
      endMark();
      throw error;
    },
  );

  const flush = () =>
    withinQuota("the images", async () => {
      const chunk = waiting;
      waiting = [];
      waitingBytes = 0;
      const tx = db.transaction("images", "readwrite");
      await Promise.all([...chunk.map(({ name, blob }) => tx.store.put(blob, [set, name])), tx.done]);
    });

  return {
    addImage: async ({ name, bytes, type }) => {
      assert(!closed && !names.has(name), `image ${name} added twice, or after the end of the import`);
      names.add(name);
      waiting.push({ name, blob: new Blob([bytes], { type }) });
      waitingBytes += bytes.byteLength;
      if (waitingBytes >= chunkBytes) await flush();
    },
    finish: async (row) => {
      assert(!closed, "an import is finished twice");
      const missing = row.images.find(({ name }) => !names.has(name));
      assert(!missing, `dataset row names the image ${missing?.name}, which was not added`);
      await flush();
      await withinQuota("the dataset", async () => {
        const tx = db.transaction(["datasets", "images", "pendingImageSets"], "readwrite");
        const before = await tx.objectStore("datasets").get(row.id);
        await Promise.all([
          before && tx.objectStore("images").delete(keysOf(before.imageSet)),
          tx.objectStore("datasets").put({ row, imageSet: set }, row.id),
          tx.objectStore("pendingImageSets").delete(set),
          tx.done,
        ]);
      });
      closed = true;
      endMark();
      changes.emit({ store: "datasets", id: row.id });
    },
    abort: async () => {
      if (closed) return;
      closed = true;
      waiting = [];
      await dropPending(db, set);
      endMark();
    },
  };
}
