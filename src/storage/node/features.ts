/**
 * Caches features as files `<folder>/<backbone sha256>/<settings hash>.jsonl`, with one line per
 * image. It only appends to a file. It skips a line that a crash cut off.
 */
import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { assert } from "../../base/error";
import type { FeatureStore } from "../types";
import { orIfMissing } from "./atomic";

type Group = Map<string, Float32Array>;

/**
 * Groups stay in memory once they have been read.
 *
 * @param folder created by the first write
 */
export function createFileFeatureStore(folder: string): FeatureStore {
  const loaded = new Map<string, Promise<Group>>();
  const pathOf = (group: string) => {
    assert(/^[\w-]+(\/[\w-]+)*\/?$/.test(group), `feature group ${group} is no path`);
    return join(folder, `${group.replace(/\/$/, "")}.jsonl`);
  };
  const open = (group: string) => {
    const known = loaded.get(group) ?? readGroup(pathOf(group));
    loaded.set(group, known);
    return known;
  };
  /** Names of the groups on disk, with "/" between parts and at the end. */
  const groups = async () => {
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(orIfMissing([]));
    return found
      .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
      .map((entry) => `${relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/").slice(0, -6)}/`);
  };
  return {
    get: async (group, images) => {
      const features = await open(group);
      return images.map((image) => features.get(image));
    },
    put: async (group, entries) => {
      const features = await open(group);
      const fresh = entries.filter(({ image }) => !features.has(image));
      if (fresh.length === 0) return;
      const lines = fresh.map(({ image, feature }) => JSON.stringify({ image, feature: toBase64(feature) }));
      const path = pathOf(group);
      await mkdir(dirname(path), { recursive: true });
      // The leading line break ends a line that a crash may have cut off.
      await appendFile(path, `\n${lines.join("\n")}\n`);
      for (const { image, feature } of fresh) features.set(image, feature.slice());
    },
    deletePrefix: async (prefix) => {
      for (const group of await groups()) if (group.startsWith(prefix)) await rm(pathOf(group), { force: true });
      for (const group of [...loaded.keys()]) if (group.startsWith(prefix)) loaded.delete(group);
    },
    usage: async () => {
      let items = 0;
      let bytes = 0;
      for (const group of await groups()) {
        for (const feature of (await readGroup(pathOf(group))).values()) {
          items++;
          bytes += feature.byteLength;
        }
      }
      return { items, bytes };
    },
  };
}

async function readGroup(path: string): Promise<Group> {
  const text = await readFile(path, "utf8").catch(orIfMissing(""));
  const group: Group = new Map();
  for (const line of text.split("\n")) {
    const match = /^\{"image":"([^"]+)","feature":"([^"]+)"\}$/.exec(line);
    if (match) group.set(match[1], fromBase64(match[2]));
  }
  return group;
}

/** Encodes little-endian float32. Every platform that runs Node is little-endian. */
function toBase64(feature: Float32Array): string {
  return Buffer.from(feature.buffer, feature.byteOffset, feature.byteLength).toString("base64");
}

function fromBase64(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}
