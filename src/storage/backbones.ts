/**
 * Stores backbones: one row each, and the bytes of their ONNX files, which it writes as they
 * arrive.
 */
import { assert, RadaptError } from "../base/error";
import type { BackboneRow } from "../models/types";
import type { Changes } from "./changes";
import type { Database } from "./db";
import type { FileStore } from "./files";
import { markLive, unlessLive } from "./live";
import { withinQuota } from "./quota";
import type { FilePlace } from "./types";

/** A file that is being written. `finish` makes it visible as a backbone; `abort` removes it. */
export interface BackboneWriter {
  /** @throws RadaptError "storage.quota" */
  write(chunk: Uint8Array): Promise<void>;
  finish(row: BackboneRow): Promise<void>;
  abort(): Promise<void>;
}

export interface BackboneRepository {
  list(): Promise<BackboneRow[]>;
  get(id: string): Promise<BackboneRow | undefined>;
  /**
   * The ONNX file, which the browser reads from disk on demand; undefined when there is no such
   * backbone.
   *
   * @throws RadaptError "backbone.file-missing" when something deleted its file
   */
  bytes(id: string): Promise<Blob | undefined>;
  createWriter(): Promise<BackboneWriter>;
  /** Stores a row with its file. It replaces a backbone with the same id. */
  add(row: BackboneRow, file: Blob): Promise<void>;
  /**
   * Stores a changed row and keeps the file.
   *
   * @returns false when there is no such backbone
   */
  update(row: BackboneRow): Promise<boolean>;
  delete(id: string): Promise<void>;
  /** Deletes files that no row names. */
  sweep(): Promise<void>;
}

/** @param stores at least one; the first takes new files */
export function createBackboneRepository(db: Database, stores: FileStore[], changes: Changes): BackboneRepository {
  const storeAt = (place: FilePlace) => stores.find((store) => store.place === place);

  const createWriter = async (): Promise<BackboneWriter> => {
    const [store] = stores;
    const key = crypto.randomUUID();
    const endMark = await markLive(`file ${key}`);
    const file = await withinQuota("the backbone", () => store.create(key)).catch((error: unknown) => {
      endMark();
      throw error;
    });
    let closed = false;
    return {
      write: (chunk) => withinQuota("the backbone", () => file.write(chunk)),
      finish: async (row) => {
        assert(!closed, "a backbone is finished twice");
        await withinQuota("the backbone", () => file.close());
        closed = true;
        const before = await db.get("backbones", row.id);
        try {
          await withinQuota("the backbone", () => db.put("backbones", { row, file: key, place: store.place }, row.id));
        } catch (error) {
          await store.delete(key);
          endMark();
          throw error;
        }
        if (before) await storeAt(before.place)?.delete(before.file);
        endMark();
        changes.emit({ store: "backbones", id: row.id });
      },
      abort: async () => {
        if (closed) return;
        closed = true;
        await file.abort();
        endMark();
      },
    };
  };

  return {
    list: async () => (await db.getAll("backbones")).map(({ row }) => row),
    get: async (id) => (await db.get("backbones", id))?.row,
    bytes: async (id) => {
      const found = await db.get("backbones", id);
      if (!found) return undefined;
      const blob = await storeAt(found.place)?.read(found.file);
      if (!blob) throw missingFile(found.row);
      return blob;
    },
    createWriter,
    add: async (row, file) => {
      const writer = await createWriter();
      try {
        for await (const chunk of chunksOf(file)) await writer.write(chunk);
        await writer.finish(row);
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
    update: async (row) => {
      const tx = db.transaction("backbones", "readwrite");
      const found = await tx.store.get(row.id);
      await Promise.all([found && tx.store.put({ ...found, row }, row.id), tx.done]);
      if (found) changes.emit({ store: "backbones", id: row.id });
      return found !== undefined;
    },
    delete: async (id) => {
      const found = await db.get("backbones", id);
      if (!found) return;
      await db.delete("backbones", id);
      await storeAt(found.place)?.delete(found.file);
      changes.emit({ store: "backbones", id });
    },
    sweep: async () => {
      for (const store of stores) {
        for (const key of await store.keys()) {
          // Chromium writes to a second file with this extension until it closes the file.
          const name = key.replace(/\.crswap$/, "");
          await unlessLive(`file ${name}`, async () => {
            // Ask again now that no writer can be active: the row may have come after the listing.
            const named = (await db.getAll("backbones")).some(({ file }) => file === name);
            if (!named) await store.delete(key);
          });
        }
      }
    },
  };
}

/** Reads a file in parts of at most 4 MiB, so that a large file is never in memory as a whole. */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array> {
  const step = 4 * 2 ** 20;
  for (let at = 0; at < file.size; at += step) yield new Uint8Array(await file.slice(at, at + step).arrayBuffer());
}

function missingFile(row: BackboneRow): RadaptError {
  return new RadaptError(`The file of the backbone "${row.name}" is no longer in this browser's storage.`, {
    code: "backbone.file-missing",
    where: row.id,
    expected: `${row.bytes} bytes`,
    got: "nothing: the browser may have cleared it",
    remedy: "Delete the backbone and open or pull it again.",
  });
}
