/** Node's versions of what the runner needs: onnxruntime, a clock, and files. */
import { existsSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { messageOf, RadaptError } from "../base";
import { externalFiles, type GraphRuntime } from "../engine/index";
import type { DataFile } from "../models/files";
import { createFeatureRuntime, type FeatureRuntime } from "../models/ort";
import type { Clock } from "../runner/events";

export const nodeClock: Clock = { now: () => performance.now(), iso: () => new Date().toISOString() };

export const nodeHost = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;

/** Uses four threads at most, as in the browser. */
export function nodeFeatureRuntime(): FeatureRuntime & GraphRuntime {
  return createFeatureRuntime({ threads: Math.min(4, availableParallelism()) });
}

/**
 * Reads a file that ships with Radapt. It is beside the built command line (dist/), or in public/
 * of a checkout.
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
  return (await readFiles([path])).bytes;
}

/** Runs `work`. A RadaptError that it throws gets the path into its `where`. */
export function namingFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RadaptError)) throw error;
    throw new RadaptError(error.title, { ...error.parts, where: [path, error.parts.where].filter(Boolean).join(", ") });
  }
}

/**
 * Reads files one after another into one array, and gives their sizes. @throws RadaptError
 * `file.unreadable`
 */
async function readFiles(paths: readonly string[]): Promise<{ bytes: Uint8Array<ArrayBuffer>; sizes: number[] }> {
  let current = paths[0];
  try {
    // `readFile` refuses files of 2 GiB, and joining its buffers would copy them.
    const stats = await Promise.all(paths.map((path) => stat(path)));
    const sizes = stats.map(({ size }) => size);
    // A pipe has no known size.
    if (paths.length === 1 && !stats[0].isFile()) {
      const bytes = Uint8Array.from(await readFile(current));
      return { bytes, sizes: [bytes.byteLength] };
    }
    const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    for (const [i, path] of paths.entries()) {
      current = path;
      await readInto(path, bytes.subarray(at, at + sizes[i]));
      at += sizes[i];
    }
    return { bytes, sizes };
  } catch (error) {
    throw new RadaptError("A file cannot be read.", {
      code: "file.unreadable",
      where: current,
      got: messageOf(error),
      remedy: "Check the path and your permission to read it.",
    });
  }
}

async function readInto(path: string, target: Uint8Array): Promise<void> {
  const file = await open(path);
  try {
    for (let at = 0; at < target.byteLength; ) {
      const { bytesRead } = await file.read(target, at, Math.min(target.byteLength - at, 2 ** 30), at);
      if (bytesRead === 0) throw new Error(`it ended at byte ${at} of ${target.byteLength}`);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads an .onnx file, followed by the data files that it names. These are in the same folder.
 *
 * @throws RadaptError `file.unreadable`; `onnx.external-missing` with the data file's name
 */
export async function readModelFile(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; external: DataFile[] }> {
  const bytes = await readBytes(path);
  const locations = namingFile(path, () => externalFiles(bytes));
  if (locations.length === 0) return { bytes, external: [] };
  const paths = locations.map((location) => join(dirname(path), location));
  const missing = locations.find((_, i) => !existsSync(paths[i]));
  if (missing !== undefined) {
    throw new RadaptError(`The model's weights are in another file that is not there: ${missing}`, {
      code: "onnx.external-missing",
      where: path,
      expected: join(dirname(path), missing),
      remedy: `Put ${missing} into the folder of the .onnx file.`,
    });
  }
  const all = await readFiles([path, ...paths]);
  return {
    bytes: all.bytes,
    external: locations.map((location, i) => ({ location, bytes: all.sizes[i + 1] })),
  };
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
