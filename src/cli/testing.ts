/** Helpers for tests of the commands: a small study on disk, and a plan for it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { encode as encodePng } from "fast-png";
import { afterAll, afterEach, beforeEach, vi } from "vitest";
import { tinyConvNet } from "../models/testing";

const folders: string[] = [];
afterAll(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Makes a folder that is deleted after the file's last test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "radapt-cli-"));
  folders.push(folder);
  return folder;
}

/**
 * Writes 24 grey images of 12 patients. Bright ones are positive, and the CSV names one image that
 * does not exist.
 * @param words the two values of the outcome
 */
export function writeStudy(words: { absent: string; present: string } = { absent: "no", present: "yes" }): string {
  const dir = temporaryFolder();
  mkdirSync(join(dir, "images"));
  const rows = ["file,outcome,patient"];
  for (let i = 0; i < 24; i++) {
    const bright = Math.floor(i / 2) % 2;
    const data = Uint8Array.from({ length: 100 }, (_, k) => 40 + 120 * bright + ((i * 13 + k * 7) % 50));
    writeFileSync(join(dir, "images", `${i}.png`), encodePng({ width: 10, height: 10, channels: 1, data }));
    rows.push(`${i}.png,${bright ? words.present : words.absent},p${Math.floor(i / 2)}`);
  }
  writeFileSync(join(dir, "labels.csv"), `${[...rows, `missing.png,${words.present},p99`].join("\n")}\n`);
  writeFileSync(join(dir, "net.onnx"), tinyConvNet());
  return dir;
}

export function writePlan(dir: string, change: object = {}): string {
  const plan = {
    dataset: {
      images: "images",
      labels: "labels.csv",
      positive: "yes",
      columns: { image: "file", outcome: "outcome", patient: "patient" },
    },
    backbones: [{ file: "net.onnx", preprocessing: { size: 8, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } }],
    methods: [
      { id: "linear-probe", training: { epochs: 60 } },
      { id: "full", training: { epochs: 2, batch: 4 } },
    ],
    folds: 3,
    seeds: [0],
    ...change,
  };
  const path = join(dir, "plan.json");
  writeFileSync(path, JSON.stringify(plan));
  return path;
}

/** Captures what a test prints, instead of printing it. */
export function capturePrinted(): { out: string; err: string } {
  const printed = { out: "", err: "" };
  beforeEach(() => {
    Object.assign(printed, { out: "", err: "" });
    vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((printed.out += text)));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((printed.err += text)));
  });
  afterEach(() => void vi.restoreAllMocks());
  return printed;
}
