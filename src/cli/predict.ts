/**
 * `radapt predict`: applies an exported model, or an adapter with its backbone, to a folder of
 * images.
 */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import process from "node:process";
import { RadaptError } from "../base";
import { decodeImage, formats } from "../data";
import { readFolder } from "../data/node-folder";
import { MODEL_FILE } from "../runner/interchange/bundle";
import { predictImages, predictionTable } from "../runner/interchange/predict";
import { writeAtomically } from "../storage/node/atomic";
import { backboneHelp, modelOfFolder } from "./adapter-folder";
import { type Command, parseCommandArgs } from "./args";
import { nodeFeatureRuntime, readBytes } from "./node-runtime";
import { createReporter } from "./progress";

const help = `radapt predict <model.onnx | adapter folder> --images DIR [--out predictions.csv]
               [--backbone file.onnx|id] [--batch 16]

Prints or writes one line per image: image, prediction, and the probability of each class
(p:<class>). Images are preprocessed as in training. Exit status 1 if an image cannot be read;
the others are still predicted. Research use only.

  --images       folder of images (${formats.labels("image")}), with its subfolders
  --out          CSV to write; default: stdout
  --backbone     for an adapter folder: ${backboneHelp}
  --batch        images per batch; default 16`;

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

async function imagesOf(folder: string) {
  const images = (await readFolder(folder)).filter(({ path }) => formats.kindOf(path) === "image");
  if (images.length > 0) return images;
  throw new RadaptError("The folder holds no image.", {
    code: "predict.images",
    where: folder,
    expected: `${formats.labels("image")} files, in the folder or below it`,
    got: "none",
    remedy: "Name the folder of the images.",
  });
}

export const predictCommand: Command = {
  name: "predict",
  summary: "<model.onnx | adapter folder> --images DIR  probabilities of images",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const options = { images: text, out: text, backbone: text, batch: text };
    const args = parseCommandArgs(argv, help, options, { least: 1, most: 1 });
    const folder = resolve(args.required("images"));
    const batch = args.integer("batch", 16, 1);
    const out = args.text("out");
    const path = resolve(args.positionals[0]);
    const images = await imagesOf(folder);
    const isAdapter = await isFolder(path);
    if (!isAdapter && args.text("backbone") !== undefined)
      throw args.fail("--backbone is only for an adapter folder; an exported model contains its backbone.");
    const model = isAdapter
      ? (await modelOfFolder(path, args.text("backbone"))).files[MODEL_FILE]
      : await readBytes(path);
    const reporter = createReporter();
    const run = await predictImages({
      model,
      name: basename(path),
      images,
      batch,
      decode: decodeImage,
      runtime: nodeFeatureRuntime(),
      onProgress: reporter.progress,
    });
    const table = predictionTable(run);
    if (out === undefined) process.stdout.write(table);
    else await writeAtomically(resolve(out), table);
    for (const { image, reason } of run.unreadable) reporter.say(`${image}: ${reason.split("\n").join("; ")}`);
    const where = out === undefined ? "" : `, ${resolve(out)}`;
    reporter.say(`${run.predictions.length} of ${images.length} images predicted${where}. Research use only.`);
    return run.unreadable.length > 0 ? 1 : 0;
  },
};
