/**
 * Stores finished runs as files, one `<id>.json` each, so that an interrupted `radapt run` can
 * resume.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../base/error";
import { migrateRecord, type StoredRecord } from "../../bench/migrate-record";
import type { RunRecord } from "../../bench/record";
import type { RecordStore } from "../types";
import { orIfMissing, writeAtomically } from "./atomic";

/** @param folder created by the first write */
export function createFileRecordStore(folder: string): RecordStore {
  const pathOf = (id: string) => {
    assert(/^[\w-]+$/.test(id), `run id ${id} is no file name`);
    return join(folder, `${id}.json`);
  };
  const get = async (id: string): Promise<RunRecord | undefined> => {
    const text = await readFile(pathOf(id), "utf8").catch(orIfMissing(undefined));
    if (text === undefined) return undefined;
    try {
      const record = JSON.parse(text) as StoredRecord;
      return record.id === id ? migrateRecord(record) : undefined;
    } catch {
      // A damaged file counts as absent, and the run is computed again.
      return undefined;
    }
  };
  const ids = async () => {
    const names = await readdir(folder).catch(orIfMissing<string[]>([]));
    return names.filter((name) => /^[\w-]+\.json$/.test(name)).map((name) => name.slice(0, -".json".length));
  };
  const list = async (wanted?: readonly string[]) => {
    const records = await Promise.all((wanted ?? (await ids()).sort()).map(get));
    return records.filter((record) => record !== undefined);
  };
  const remove = async (unwanted: readonly string[]) => {
    for (const id of unwanted) await rm(pathOf(id), { force: true });
  };
  return {
    get,
    list,
    has: async (wanted) => {
      const found = await Promise.all(wanted.map(async (id) => ((await get(id)) ? id : null)));
      return new Set(found.filter((id) => id !== null));
    },
    putIfAbsent: async (record) => {
      if (await get(record.id)) return false;
      await writeAtomically(pathOf(record.id), `${JSON.stringify(record)}\n`);
      return true;
    },
    delete: remove,
    clear: async () => remove(await ids()),
  };
}
