/**
 * From a plan to adapters, an exported model, and predictions. The numbers stay the same, and
 * errors name what does not fit.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, test, vi } from "vitest";
import { readSafetensors } from "../base/safetensors";
import type { RunRecord } from "../bench/record";
import { run } from "../cli";
import { readMetadata } from "../engine/index";
import { tinyConvNet } from "../models/testing";
import { capturePrinted, temporaryFolder, writePlan, writeStudy } from "./testing";

const printed = capturePrinted();

const methods = [
  { id: "lora", config: { targets: ["stem"] }, training: { epochs: 2, batch: 8 } },
  { id: "linear-probe", training: { epochs: 40 } },
  { id: "nearest-mean" },
  ...["knn", "tip-adapter"].map((id) => ({ id })),
];
/** Methods that learn no weights. */
const headless = (record: RunRecord) => ["knn", "tip-adapter"].includes(record.config.method.id);
let dir: string;
let records: RunRecord[];
const adapterOf = (id: string) => join(dir, "out", "adapters", id);

beforeAll(async () => {
  dir = writeStudy();
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const plan = writePlan(dir, { methods, folds: 2 });
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu", "--save-adapters"])).toBe(0);
  ({ records } = JSON.parse(readFileSync(join(dir, "out", "results.json"), "utf8")));
});

/** The cells of a CSV of predictions, by image. */
function rowsOf(text: string): Map<string, string[]> {
  const [head, ...lines] = text.trim().split("\n");
  expect(head).toBe("image,prediction,p:no,p:yes");
  return new Map(lines.map((line) => [line.split(",")[0], line.split(",").slice(1)]));
}

/** Expects the predictions that the run recorded for its test images. */
function expectRecorded(rows: Map<string, string[]>, { predictions }: RunRecord) {
  for (const { image, probabilities } of predictions) {
    const [decision, ...own] = rows.get(image)!;
    expect(decision).toBe(probabilities[1] > probabilities[0] ? "yes" : "no");
    own.forEach((p, k) => void expect(Math.abs(Number(p) - probabilities[k])).toBeLessThan(1e-4));
  }
}

test("what runs learn is kept in PEFT's layout, with what belongs to it", () => {
  expect(records).toHaveLength(10);
  for (const record of records) {
    const { id, config, trainableParameters, storedNumbers = trainableParameters } = record;
    const file = (name: string) => readFileSync(join(adapterOf(id), name));
    const { tensors, metadata } = readSafetensors(file("adapter_model.safetensors"));
    expect(tensors.reduce((sum, t) => sum + t.data.length, 0)).toBe(headless(record) ? 0 : storedNumbers);
    expect(metadata).toEqual({ format: "pt", backbone: config.backbone.sha256, run: id });
    expect(JSON.parse(file("radapt.json").toString())).toMatchObject({
      run: id,
      classes: ["no", "yes"],
      notice: "research use only",
      backbone: { name: "net", sha256: config.backbone.sha256 },
      method: config.method,
    });
  }
});

test("an exported model and an adapter with its backbone predict what the run recorded", async () => {
  for (const record of records.filter((record) => !headless(record))) {
    const model = join(dir, "exported", record.id, "model.onnx");
    const images = join(dir, "images");
    const backbone = ["--backbone", join(dir, "net.onnx")];
    expect(await run(["export", adapterOf(record.id), "--out", model, ...backbone])).toBe(0);
    const texts = readMetadata(readFileSync(model));
    expect(texts.get("run")).toBe(record.id);
    expect(JSON.parse(texts.get("preprocessing")!)).toMatchObject({ size: 8, mean: [0.5, 0.5, 0.5] });
    expect(readFileSync(join(dir, "exported", record.id, "predict.py"), "utf8")).toMatch(/onnxruntime/);
    const out = join(dir, "exported", record.id, "predictions.csv");
    expect(await run(["predict", model, "--images", images, "--out", out, "--batch", "5"])).toBe(0);
    const rows = rowsOf(readFileSync(out, "utf8"));
    expect(rows.size).toBe(24);
    expectRecorded(rows, record);
    printed.out = "";
    expect(await run(["predict", adapterOf(record.id), "--images", images, ...backbone])).toBe(0);
    expectRecorded(rowsOf(printed.out), record);
  }
});

test("what predicts by comparing with training images is no model, and that is reported", async () => {
  for (const record of records.filter(headless)) {
    printed.err = "";
    const out = join(dir, "headless.onnx");
    expect(await run(["export", adapterOf(record.id), "--out", out, "--backbone", join(dir, "net.onnx")])).toBe(1);
    expect(printed.err).toMatch(/no head of weights[\s\S]*comparing with its training images[\s\S]*What to do/);
    expect(existsSync(out)).toBe(false);
    const { note } = JSON.parse(readFileSync(join(adapterOf(record.id), "radapt.json"), "utf8"));
    expect(note).toMatch(/learns no weights/);
    expect([record.trainableParameters, record.epochs, record.curve]).toEqual([0, 0, []]);
    expect(record.storedNumbers).toBeGreaterThan(record.split.train.length);
  }
});

test("an image that cannot be read is named, the others are predicted", async () => {
  const images = join(temporaryFolder(), "mixed");
  mkdirSync(images);
  copyFileSync(join(dir, "images", "3.png"), join(images, "good.png"));
  writeFileSync(join(images, "bad.png"), "no image");
  const args = ["predict", adapterOf(records[0].id), "--images", images, "--backbone", join(dir, "net.onnx")];
  expect(await run(args)).toBe(1);
  expect([...rowsOf(printed.out).keys()]).toEqual(["good.png"]);
  expect(printed.err).toMatch(/bad\.png[\s\S]*1 of 2 images predicted/);
});

test("what does not belong together is refused with a remedy", async () => {
  const images = ["--images", join(dir, "images")];
  const out = ["--out", join(dir, "never.onnx")];
  const adapter = adapterOf(records[0].id);
  const refused = async (argv: string[], message: RegExp) => {
    printed.err = "";
    expect(await run(argv)).toBe(1);
    expect(printed.err).toMatch(message);
    expect(printed.err).toMatch(/What to do/);
  };
  await refused(["export", adapter, ...out], /needs its backbone[\s\S]*"net"/);
  const other = join(dir, "other.onnx");
  writeFileSync(other, tinyConvNet(2));
  await refused(["export", adapter, ...out, "--backbone", other], /another backbone/);
  await refused(["predict", join(dir, "net.onnx"), ...images], /does not say how images/);
  await refused(["predict", join(dir, "plan.json"), ...images], /not a whole ONNX file|ONNX/);
  await refused(["predict", adapter, "--images", join(dir, "out", "records")], /holds no image/);
  const torn = temporaryFolder();
  for (const name of ["adapter_config.json", "adapter_model.safetensors", "radapt.json"])
    copyFileSync(join(adapter, name), join(torn, name));
  writeFileSync(
    join(torn, "adapter_config.json"),
    readFileSync(join(torn, "adapter_config.json"), "utf8").replace('"r": 8', '"r": 4'),
  );
  await refused(["export", torn, ...out, "--backbone", join(dir, "net.onnx")], /lora_A\.weight[\s\S]*\[4, 3, 4, 4\]/);
  rmSync(join(torn, "radapt.json"));
  await refused(["export", torn, ...out, "--backbone", join(dir, "net.onnx")], /lacks radapt\.json/);
  expect(existsSync(join(dir, "never.onnx"))).toBe(false);
  expect(await run(["predict", join(dir, "net.onnx"), ...images, "--backbone", other])).toBe(2);
});
