/**
 * Stores large files by key: in the origin private file system where the browser has one, else as
 * Blobs in IndexedDB. Both store a file as a whole or not at all.
 */
import type { Database } from "./db";
import type { FilePlace } from "./types";

export interface FileWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the file visible. */
  close(): Promise<void>;
  /** Removes what was written. */
  abort(): Promise<void>;
}

export interface FileStore {
  readonly place: FilePlace;
  create(key: string): Promise<FileWriter>;
  /** A Blob, which the browser reads from disk on demand. */
  read(key: string): Promise<Blob | undefined>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

export function createIndexedDbFiles(db: Database): FileStore {
  return {
    place: "indexeddb",
    create: async (key) => {
      let parts: BlobPart[] = [];
      return {
        // A Blob per chunk lets the browser move the bytes out of memory.
        write: async (chunk) => void parts.push(new Blob([chunk.slice()])),
        close: async () => void (await db.put("files", new Blob(parts), key)),
        abort: async () => {
          parts = [];
        },
      };
    },
    read: (key) => db.get("files", key),
    delete: (key) => db.delete("files", key),
    keys: () => db.getAllKeys("files"),
  };
}

export function createOpfsFiles(folder: FileSystemDirectoryHandle): FileStore {
  const missing = (error: unknown) => {
    if (error instanceof Error && error.name === "NotFoundError") return undefined;
    throw error;
  };
  const remove = async (key: string) => void (await folder.removeEntry(key).catch(missing));
  return {
    place: "opfs",
    create: async (key) => {
      const stream = await (await folder.getFileHandle(key, { create: true })).createWritable();
      return {
        write: (chunk) => stream.write(chunk.slice()),
        close: () => stream.close(),
        abort: async () => {
          await stream.abort().catch(() => {});
          await remove(key);
        },
      };
    },
    read: async (key) => {
      const file = await folder.getFileHandle(key).catch(missing);
      return file?.getFile();
    },
    delete: remove,
    keys: async () => {
      const keys: string[] = [];
      for await (const key of folder.keys()) keys.push(key);
      return keys;
    },
  };
}

/**
 * The folder of this database in the origin private file system; null where no writable one exists.
 */
export async function openOpfsFolder(name: string): Promise<FileSystemDirectoryHandle | null> {
  const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
  if (!storage?.getDirectory || typeof FileSystemFileHandle === "undefined") return null;
  if (!("createWritable" in FileSystemFileHandle.prototype)) return null;
  try {
    const root = await storage.getDirectory();
    return await root.getDirectoryHandle(`${name}-files`, { create: true });
  } catch {
    // The browser refuses it, as in some private windows: IndexedDB takes its place.
    return null;
  }
}
