/**
 * The worker's tasks around adapters: keep them while a plan runs, download them as files, compare
 * one with a backbone.
 */
import { zipSync } from "fflate";
import { RadaptError } from "../base";
import type { OnProgress } from "../base/progress";
import { importAdapter } from "../engine/adapters/checkpoint";
import { completeMethod, type FeatureSource } from "../engine/index";
import type { BackboneRow } from "../models/types";
import { adapterBundle, type Bundle, cardIn, modelBundle, withReadme } from "../runner/interchange/bundle";
import { cardOf, fileStem } from "../runner/interchange/card";
import type { KeepAdapter } from "../runner/run-context";
import type { BrowserStorage } from "../storage";
import type { AdapterStore } from "../storage/types";
import { type BackboneLibrary, findBackbone, openBackboneModel } from "./library";
import type { AdapterCheck, AdapterUpload, RunDownload, WorkerApi } from "./protocol";

export interface InterchangeTools {
  adapters: AdapterStore;
  /** The backbones on this machine. */
  backbones: readonly BackboneRow[];
  bytes(row: BackboneRow): Promise<Uint8Array<ArrayBuffer>>;
}

/** @param library the backbones on this machine */
export function createInterchangeTasks(
  store: () => Promise<Pick<BrowserStorage, "adapters">>,
  library: BackboneLibrary,
): Pick<WorkerApi, "downloadRun" | "checkAdapter"> {
  const openTools = async (): Promise<InterchangeTools> => ({
    adapters: (await store()).adapters,
    backbones: await library.list(),
    bytes: library.bytes,
  });
  return {
    downloadRun: async (runId, kind, onProgress) => {
      const tools = await openTools();
      return kind === "adapter" ? downloadAdapter(runId, tools) : downloadModel(runId, tools, onProgress);
    },
    checkAdapter: async (id, upload) => {
      const tools = await openTools();
      return checkAdapter(findBackbone(tools.backbones, id), upload, tools);
    },
  };
}

/**
 * Stores the adapter of each run, within the store's limits. A failure to store it does not fail
 * the run.
 */
export function keepAdapters(adapters: AdapterStore): KeepAdapter {
  return async ({ run, classes, backbone, parameters, tensors }) => {
    const files = async () => adapterBundle(backbone, cardOf(run, classes), await tensors()).files;
    try {
      await adapters.put(run.id, files, 4 * parameters);
    } catch (error) {
      console.error("What a run learnt could not be kept:", error);
    }
  };
}

async function openBackbone(
  row: BackboneRow,
  given: Pick<BackboneRow, "preprocessing" | "feature" | "roles">,
  tools: InterchangeTools,
): Promise<FeatureSource> {
  const model = openBackboneModel(await tools.bytes(row), row, given);
  return { model, imageSize: given.preprocessing.size, feature: given.feature };
}

async function keptFiles(runId: string, adapters: AdapterStore): Promise<Bundle> {
  const stored = await adapters.get(runId);
  if (stored?.files) return stored.files;
  throw new RadaptError("What this run learnt is not stored in this browser.", {
    code: "adapter.not-kept",
    where: `run ${runId}`,
    remedy: "Compute the plan on the command line with --save-adapters, which keeps every adapter.",
  });
}

const zipped = (files: Bundle) =>
  new Blob([zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>], { type: "application/zip" });

/** A ZIP of the adapter's files with a README. @throws RadaptError `adapter.not-kept` */
export async function downloadAdapter(runId: string, { adapters }: InterchangeTools): Promise<RunDownload> {
  const files = await keptFiles(runId, adapters);
  return { name: `${fileStem(cardIn(files))}-adapter.zip`, file: zipped(withReadme(files)), notes: [] };
}

/**
 * A ZIP of the adapted model as ONNX, a program that runs it, and a README.
 *
 * @throws RadaptError `adapter.not-kept`, `backbone.missing` where the backbone is no longer on
 *   this machine, `export.size`
 */
export async function downloadModel(
  runId: string,
  tools: InterchangeTools,
  onProgress: OnProgress,
): Promise<RunDownload> {
  const step = (done: number, what: string) => onProgress({ done, total: 3, what });
  const files = await keptFiles(runId, tools.adapters);
  const card = cardIn(files);
  const row = tools.backbones.find(({ sha256 }) => sha256 === card.backbone.sha256);
  if (!row) {
    throw new RadaptError(`The backbone "${card.backbone.name}" is not on this machine.`, {
      code: "backbone.missing",
      expected: `a backbone of SHA-256 ${card.backbone.sha256}`,
      remedy: "Open or pull it again under Plan; the adapter is kept and can be downloaded without it.",
    });
  }
  step(0, "Reading the backbone");
  const backbone = await openBackbone(row, card.backbone, tools);
  step(1, "Writing the model");
  const model = modelBundle(backbone, files);
  step(2, "Packing the files");
  const file = zipped(model.files);
  step(3, "Done");
  return { name: `${fileStem(card)}-model.zip`, file, notes: model.notes };
}

/**
 * @throws RadaptError `adapter.*`, `method.*`, `safetensors.bad` with the first thing that does not
 *   fit
 */
export async function checkAdapter(
  row: BackboneRow,
  upload: AdapterUpload,
  tools: InterchangeTools,
): Promise<AdapterCheck> {
  const files = { config: await upload.config.text(), tensors: new Uint8Array(await upload.tensors.arrayBuffer()) };
  const backbone = await openBackbone(row, row, tools);
  const { method, tensors, classes } = importAdapter(files, backbone);
  const { config, label } = completeMethod(method.id, method.config);
  const numbers = tensors.reduce((sum, { data }) => sum + data.length, 0);
  return { method: method.id, label, config, tensors: tensors.length, numbers, classes };
}
