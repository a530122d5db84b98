/** onnxruntime, the clock and the shipped backbones as Node has them. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { messageOf, RadaptError } from "../base";
import type { GraphRuntime } from "../engine";
import { createFeatureRuntime, type FeatureRuntime } from "../models/ort";
import type { Clock } from "../runner/events";

export const nodeClock: Clock = { now: () => performance.now(), iso: () => new Date().toISOString() };

export const nodeHost = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;

/** Four threads at most, as in the browser. */
export function nodeFeatureRuntime(): FeatureRuntime & GraphRuntime {
  return createFeatureRuntime({ threads: Math.min(4, availableParallelism()) });
}

/**
 * A file that ships with Radapt: beside the built command line (dist/), or in public/ of a checkout.
 *
 * @param path e.g. "models/<id>/model.onnx"
 */
export async function readShipped(path: string): Promise<Uint8Array<ArrayBuffer>> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = [join(folder, path), join(folder, "public", path)].find((candidate) => existsSync(candidate));
    if (found) return readBytes(found);
    if (folder === dirname(folder)) break;
  }
  throw new RadaptError("A file that ships with Radapt is missing.", {
    code: "shipped.missing",
    where: path,
    remedy: "Run `npm run build`, or get a complete checkout.",
  });
}

/** @throws RadaptError `file.unreadable` */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (error) {
    throw new RadaptError("A file cannot be read.", {
      code: "file.unreadable",
      where: path,
      got: messageOf(error),
      remedy: "Check the path and the rights.",
    });
  }
}

/** @throws RadaptError `file.unreadable`, `json.bad` */
export async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path));
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new RadaptError("A file is not JSON.", {
      code: "json.bad",
      where: path,
      expected: "JSON",
      got: messageOf(error),
      remedy: "Look for a missing comma or quote at that place.",
    });
  }
}
