/**
 * What runs learnt, from keeping to download: the files of a ZIP, and the errors where they
 * cannot be made.
 */
import { unzipSync } from "fflate";
import { beforeEach, expect, test, vi } from "vitest";
import { sha256Hex } from "../base";
import { readSafetensors, writeSafetensors } from "../base/safetensors";
import type { RunConfig } from "../bench/record";
import { trainingSchema } from "../bench/training";
import { completeMethod, createCpuDevice, createTrainer, openModel, readMetadata } from "../engine/index";
import type { NamedTensor } from "../engine/types";
import { tinyConvNet } from "../models/testing";
import type { BackboneRow, Preprocessing } from "../models/types";
import type { AdapterStore, StoredAdapter } from "../storage/types";
import { checkAdapter, downloadAdapter, downloadModel, type InterchangeTools, keepAdapters } from "./interchange";

const preprocessing: Preprocessing = {
  size: 8,
  resize: 8,
  interpolation: "bilinear",
  crop: "crop",
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};
const bytes = Uint8Array.from(tinyConvNet());
const optimizer = { name: "adamw" as const, weightDecay: 0 };

function memoryStore(): AdapterStore {
  const kept = new Map<string, StoredAdapter>();
  return {
    get: async (id) => kept.get(id),
    put: async (id, make) => {
      const stored = { id, bytes: 1, files: await make() };
      kept.set(id, stored);
      return stored;
    },
    delete: async (ids) => ids.forEach((id) => void kept.delete(id)),
    clear: async () => kept.clear(),
    usage: async () => ({ items: kept.size, bytes: kept.size }),
  };
}

let tools: InterchangeTools;
let row: BackboneRow;

/** Keeps what an untrained run of the method would have learnt. */
async function keep(id: string, config: Record<string, unknown>, run = "0123456789abcdef0123") {
  const method = { id, config: completeMethod(id, config).config };
  const model = openModel(bytes);
  const trainer = await createTrainer({
    model,
    method,
    device: createCpuDevice(),
    classes: 2,
    batch: 2,
    optimizer,
    seed: 1,
  });
  const label = completeMethod(id, config).label;
  const runConfig: RunConfig = {
    protocol: 1,
    dataset: "d",
    method,
    training: trainingSchema.parse({}),
    regime: { shots: 8 },
    split: { protocol: "stratified-group-k-fold", folds: 5, splitSeed: 42, part: "1" },
    seed: 3,
    backbone: { sha256: row.sha256, preprocessing, feature: "auto" },
  };
  await keepAdapters(tools.adapters)({
    run: { id: run, config: runConfig, labels: { dataset: "d", backbone: row.name, method: label } },
    classes: ["no", "yes"],
    backbone: { model, feature: "auto", imageSize: 8 },
    parameters: trainer.trainableParameters,
    tensors: () => trainer.exportTrainables(),
  });
  return run;
}

beforeEach(async () => {
  row = {
    id: "tiny",
    name: "Tiny (conv)",
    sha256: await sha256Hex(bytes),
    bytes: bytes.length,
    preprocessing,
    feature: "auto",
    licence: "",
    source: "",
    origin: "file",
  };
  tools = { adapters: memoryStore(), backbones: [row], bytes: async () => bytes };
});

const unpacked = async (file: Blob) => unzipSync(new Uint8Array(await file.arrayBuffer()));
const text = (file: Uint8Array) => new TextDecoder().decode(file);

test("an adapter: PEFT's files with their description, and PEFT's own words where it knows the method", async () => {
  const { name, file } = await downloadAdapter(await keep("lora", { targets: ["stem"] }), tools);
  expect(name).toBe("radapt-tiny-conv-lora-r-8-8-shot-fold2-seed3-01234567-adapter.zip");
  const files = await unpacked(file);
  expect(Object.keys(files).sort()).toEqual([
    "README.md",
    "adapter_config.json",
    "adapter_model.safetensors",
    "radapt.json",
  ]);
  expect(text(files["README.md"])).toMatch(/PeftModel\.from_pretrained/);
  expect(readSafetensors(files["adapter_model.safetensors"]).metadata.backbone).toBe(row.sha256);
  const probe = await unpacked((await downloadAdapter(await keep("linear-probe", {}), tools)).file);
  expect(text(probe["README.md"])).toMatch(/PEFT has no Linear probe[\s\S]*load_file/);
});

test("a model: one file with its texts, a program and a README, with progress", async () => {
  const seen: string[] = [];
  const run = await keep("lora", { targets: ["stem"] });
  const { name, file, notes } = await downloadModel(run, tools, ({ what }) => void seen.push(what));
  expect([name, notes]).toEqual(["radapt-tiny-conv-lora-r-8-8-shot-fold2-seed3-01234567-model.zip", []]);
  expect(seen).toContain("Writing the model");
  const files = await unpacked(file);
  expect(Object.keys(files).sort()).toEqual(["README.md", "model.onnx", "predict.py"]);
  const texts = readMetadata(files["model.onnx"]);
  expect(texts.get("notice")).toBe("research use only");
  expect(JSON.parse(texts.get("trained")!)).toEqual({ regime: "8-shot", fold: 1, folds: 5, seed: 3 });
});

test("what was not kept, and a backbone that is gone, are reported with a remedy", async () => {
  const quiet = () => {};
  await expect(downloadAdapter("none", tools)).rejects.toMatchObject({ code: "adapter.not-kept" });
  const run = await keep("linear-probe", {});
  const without = { ...tools, backbones: [] };
  await expect(downloadModel(run, without, quiet)).rejects.toThrow(/"Tiny \(conv\)"[\s\S]*SHA-256[\s\S]*What to do/);
  expect((await downloadAdapter(run, without)).file.size).toBeGreaterThan(0);
});

test("without a head there is no model, and that is reported", async () => {
  const run = await keep("lora", { targets: ["stem"] });
  const { files } = (await tools.adapters.get(run))!;
  const { tensors, metadata } = readSafetensors(files!["adapter_model.safetensors"]);
  const rest = tensors.filter(({ name }) => !name.includes("classifier")) as NamedTensor[];
  const headless = { ...files, "adapter_model.safetensors": writeSafetensors(rest, metadata) };
  await tools.adapters.put(run, async () => headless);
  await expect(downloadModel(run, tools, () => {})).rejects.toMatchObject({ code: "export.no-head" });
});

test("a run whose adapter cannot be kept is a run all the same", async () => {
  const told = vi.spyOn(console, "error").mockReturnValue(undefined);
  tools.adapters.put = () => Promise.reject(new Error("disk on fire"));
  await keep("linear-probe", {});
  expect(told).toHaveBeenCalledOnce();
  told.mockRestore();
});

test("a checkpoint is described by method, settings and counts, or refused", async () => {
  const files = await unpacked((await downloadAdapter(await keep("lora", { targets: ["stem"] }), tools)).file);
  const upload = (config: string) => ({
    config: new Blob([config]),
    tensors: new Blob([Uint8Array.from(files["adapter_model.safetensors"])]),
  });
  const config = text(files["adapter_config.json"]);
  const check = await checkAdapter(row, upload(config), tools);
  expect(check).toMatchObject({ method: "lora", label: "LoRA r 8", tensors: 4, classes: 2, config: { r: 8 } });
  expect(check.numbers).toBe(8 * 48 + 4 * 8 + 2 * 4 + 2);
  await expect(checkAdapter(row, upload(config.replace("LORA", "LOHA")), tools)).rejects.toThrow(/LOHA/);
  await expect(checkAdapter(row, upload(config.replace('"r": 8', '"r": 2')), tools)).rejects.toThrow(/lora_A\.weight/);
});
