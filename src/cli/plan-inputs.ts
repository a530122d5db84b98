/** Loads what a plan file names: the images of its dataset and the files of its backbones. */
import { basename, resolve } from "node:path";
import { RadaptError, sha256Hex } from "../base";
import type { OnProgress } from "../base/progress";
import type { Plan } from "../bench/plan";
import { predefined } from "../bench/protocols";
import { parseSplitFile } from "../bench/split-file";
import { importDataset } from "../data";
import { readFolder, readNamedFile } from "../data/node-folder";
import type { ImportReport } from "../data/types";
import { type ModelInfo, openModel } from "../engine/index";
import { type DataFile, type ModelFiles, splitFiles } from "../models/files";
import { embeddedBackbones } from "../models/manifest";
import type { BackboneRow, Preprocessing } from "../models/types";
import { suggestPreprocessing } from "../runner/add-backbone";
import type { BackboneSource } from "../runner/backbone-session";
import { importDemoDataset } from "../runner/import-demo";
import { resolveBackbone } from "../runner/resolve";
import { createMemorySink } from "../storage/memory";
import type { DatasetSource } from "../storage/types";
import { namingFile, nodeClock, readJson, readModelFile, readShipped } from "./node-runtime";

/** Imports the dataset. Its images stay on disk; the demo draws its images into memory. */
export async function loadDataset(
  plan: Plan,
  folder: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<{ dataset: DatasetSource; report: ImportReport }> {
  const sink = createMemorySink();
  const ref = plan.dataset;
  if ("id" in ref)
    throw new RadaptError("The plan names a dataset of the browser's storage, which the command line cannot see.", {
      code: "plan.dataset",
      where: "dataset.id",
      expected: '{"images": …, "labels": …, "columns": …} or {"demo": true}',
      got: ref.id,
      remedy: "Name the folder of images and the CSV instead.",
    });
  const { report } =
    "demo" in ref
      ? await importDemoDataset(sink, nodeClock.iso(), onProgress, signal)
      : await importDataset(
          {
            name: basename(resolve(folder, ref.images)),
            files: await readFolder(resolve(folder, ref.images)),
            labels: await readNamedFile(resolve(folder, ref.labels)),
            columns: ref.columns,
            positive: ref.positive,
          },
          sink,
          onProgress,
          signal,
        );
  return { dataset: sink.source!, report };
}

/**
 * Reads the split file that a plan names, relative to the plan file. The hash of its lists takes
 * the place of its name in the plan, so that runs depend on what it says.
 *
 * @throws RadaptError `split-file.format` or `split-file.hash`
 */
export async function withSplitFile(
  plan: Plan,
  dataset: DatasetSource,
  folder: string,
): Promise<{ plan: Plan; dataset: DatasetSource }> {
  const { split } = plan;
  if (split?.protocol !== predefined.id || typeof split.file !== "string" || split.file === "")
    return { plan, dataset };
  const path = resolve(folder, split.file);
  const { hash, parts } = await parseSplitFile(await readJson(path), path);
  return {
    plan: { ...plan, split: { ...split, file: hash } },
    dataset: { ...dataset, row: { ...dataset.row, splitFiles: { [hash]: parts } } },
  };
}

/** @param say prints a line for the user about how a file was stored */
export async function loadPlanBackbones(
  plan: Plan,
  folder: string,
  say: (line: string) => void,
): Promise<BackboneSource[]> {
  return Promise.all(
    plan.backbones.map(async (ref, index): Promise<BackboneSource> => {
      if (ref.file !== undefined) {
        const path = resolve(folder, ref.file);
        const { bytes, external } = await readModelFile(path);
        const row = await backboneRow(path, bytes, external, ref.preprocessing !== undefined);
        for (const note of row.notes ?? []) say(`${row.name}: ${note}`);
        return { ...resolveBackbone(ref, row), bytes: async () => (await readModelFile(path)).bytes, external };
      }
      const shipped = embeddedBackbones.find(({ row }) => row.id === ref.id);
      if (shipped) return { ...resolveBackbone(ref, shipped.row), bytes: () => readShipped(shipped.path) };
      throw new RadaptError("The plan names an unknown backbone.", {
        code: "plan.backbone",
        where: `backbones[${index}]`,
        expected: `"file": an .onnx file, or "id": ${shippedIds()}`,
        got: ref.id ?? "neither",
        remedy: "Name the .onnx file, relative to the plan file.",
      });
    }),
  );
}

function shippedIds(): string {
  return embeddedBackbones.map(({ row }) => row.id).join(", ") || "(none ships with this build)";
}

const size224 = { size: 224, resize: 224, interpolation: "bicubic", crop: "crop" } as const;

async function backboneRow(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  external: DataFile[],
  preprocessed: boolean,
): Promise<BackboneRow> {
  const name = basename(path).replace(/\.onnx$/i, "");
  const sha256 = await sha256Hex(bytes);
  // With preprocessing from the plan a linear probe does not need the engine. It then works on
  // files that the engine cannot read.
  const files = splitFiles(bytes, external);
  const info = preprocessed ? tryInfo(files) : namingFile(path, () => infoOf(files));
  const neutral: Preprocessing = { ...size224, mean: [0, 0, 0], std: [1, 1, 1] };
  return {
    id: sha256.slice(0, 20),
    name,
    sha256,
    bytes: bytes.byteLength,
    feature: "auto",
    licence: "",
    source: path,
    origin: "file",
    external,
    notes: info?.notes,
    preprocessing: info && !preprocessed ? suggestPreprocessing(info) : neutral,
  };
}

function infoOf({ bytes, external }: ModelFiles): ModelInfo {
  return openModel(bytes, { external: (location) => external.get(location) }).info;
}

function tryInfo(files: ModelFiles): ModelInfo | null {
  try {
    return infoOf(files);
  } catch {
    return null;
  }
}
