/**
 * Keeps the fastest kernels of this machine's adapters in the user's cache folder: `kernels.json`,
 * by adapter.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { TuningStore } from "../engine/index";
import { writeAtomically } from "../storage/node/atomic";

/** The cache folder: XDG's on Linux, and the equivalents of macOS and Windows. */
function cacheFolder(): string {
  const { platform, env } = process;
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  if (platform === "win32" && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache");
}

/**
 * Stores choices in a file. A damaged or unreadable file counts as empty.
 *
 * @param path of the file
 */
export function kernelChoices(path = join(cacheFolder(), "radapt", "kernels.json")): TuningStore {
  const read = async (): Promise<Record<string, unknown>> => {
    try {
      const stored: unknown = JSON.parse(await readFile(path, "utf8"));
      return typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
    } catch {
      return {};
    }
  };
  return {
    get: async (key) => (await read())[key],
    put: async (key, value) => {
      const all = { ...(await read()), [key]: value };
      await writeAtomically(path, `${JSON.stringify(all, null, 2)}\n`);
    },
  };
}
