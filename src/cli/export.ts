/** `radapt export`: writes an adapter and its backbone as one ONNX file for any ONNX Runtime. */
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { MODEL_FILE, SCRIPT_FILE } from "../runner/interchange/bundle";
import { writeAtomically } from "../storage/node/atomic";
import { backboneHelp, modelOfFolder } from "./adapter-folder";
import { type Command, parseCommandArgs } from "./args";

const help = `radapt export <adapter folder> --out model.onnx [--backbone file.onnx|id]

Writes the adapted model: image in, "logits" and "probabilities" out, for any number of images;
its metadata holds preprocessing, class names, method and backbone. If the method allows it, the
learned weights are merged into the backbone's; else the graph contains the adapter's operators.
Also writes predict.py, which needs onnxruntime, Pillow and NumPy, but not Radapt.

  <adapter folder>  as \`radapt run --save-adapters\` writes it (<out>/adapters/<run>) or as
                 downloaded from the app's results and unpacked
  --out          the .onnx file to write
  --backbone     ${backboneHelp}`;

export const exportCommand: Command = {
  name: "export",
  summary: "<adapter folder> --out model.onnx       the adapted model as one ONNX file",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const args = parseCommandArgs(argv, help, { out: text, backbone: text }, { least: 1, most: 1 });
    const out = resolve(args.required("out"));
    if (!/\.onnx$/i.test(out)) throw args.fail(`--out expects a file that ends in .onnx, got "${args.text("out")}".`);
    const { files, notes } = await modelOfFolder(resolve(args.positionals[0]), args.text("backbone"));
    await writeAtomically(out, files[MODEL_FILE]);
    await writeAtomically(join(dirname(out), SCRIPT_FILE), files[SCRIPT_FILE]);
    for (const note of notes) process.stderr.write(`Note: ${note}\n`);
    process.stderr.write(
      `${out}: ${(files[MODEL_FILE].byteLength / 1e6).toFixed(1)} MB; ${SCRIPT_FILE} beside it. Research use only.\n`,
    );
    return 0;
  },
};
