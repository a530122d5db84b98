/**
 * Compares Radapt's parameter counts in the graphs of full_size.py with PyTorch's.
 * count-parameters.mjs calls it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { sizeOf } from "../../src/engine/graph/tensor";
import { type MethodSpec, openModel } from "../../src/engine/index";
import { buildTrainingGraph } from "../../src/engine/training/graph";

interface Expected {
  total: number;
  notInFile: number;
  targets: string[];
  bias: number;
  lora: Record<string, number>;
}

/** Prints a line per encoder and count. Sets the exit status to 1 if two counts differ. */
export function countParameters(folder: string): void {
  const expected: Record<string, Expected> = JSON.parse(readFileSync(join(folder, "counts.json"), "utf8"));
  const line = (name: string, what: string, want: number, got: number, note = "") => {
    if (want !== got) process.exitCode = 1;
    const [expectedText, counted] = [want, got].map((n) => n.toLocaleString("en").padStart(11));
    const verdict = want === got ? "equal" : "DIFFERENT";
    process.stdout.write(
      `${name.padEnd(14)} ${what.padEnd(10)} expected ${expectedText}  counted ${counted}  ${verdict}${note}\n`,
    );
  };
  for (const [name, want] of Object.entries(expected)) {
    const model = openModel(readFileSync(join(folder, `${name}.onnx`)), { imageSize: 224 });
    const note =
      want.notInFile > 0 ? ` (with ${want.notInFile} that no output reads, so that the file lacks them)` : "";
    line(name, "total", want.total, model.info.parameters + want.notInFile, note);
    const trained = (method: MethodSpec) =>
      buildTrainingGraph({ model, method, classes: 2, batch: 1, imageSize: 224 })
        .trainables.filter((t) => t.group === "adapter")
        .reduce((sum, t) => sum + sizeOf(t.shape), 0);
    line(name, "biases", want.bias, trained({ id: "bitfit", config: {} }));
    for (const [r, count] of Object.entries(want.lora))
      line(name, `LoRA r ${r}`, count, trained({ id: "lora", config: { r: Number(r), targets: want.targets } }));
    for (const warning of model.info.warnings) process.stdout.write(`${" ".repeat(15)}${warning}\n`);
  }
}
