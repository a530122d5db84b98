/** Reads an adapter's folder and its backbone, for `radapt export` and `radapt predict`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RadaptError, sha256Hex } from "../base";
import { CONFIG_FILE, TENSORS_FILE } from "../engine/adapters/checkpoint";
import { openModel } from "../engine/index";
import { splitFiles } from "../models/files";
import { embeddedBackbones } from "../models/manifest";
import { type Bundle, cardIn, modelBundle } from "../runner/interchange/bundle";
import { CARD_FILE } from "../runner/interchange/card";
import { namingFile, readBytes, readModelFile, readShipped } from "./node-runtime";

export const backboneHelp = `the backbone's .onnx file, or the id of a shipped one; not needed
               if the adapter belongs to a shipped one`;

async function readAdapterFiles(folder: string): Promise<Bundle> {
  const files: Bundle = {};
  for (const name of [CONFIG_FILE, TENSORS_FILE, CARD_FILE]) {
    const path = join(folder, name);
    if (existsSync(path)) files[name] = await readBytes(path);
  }
  return files;
}

/** Reads the backbone's file and its data files. @throws RadaptError `adapter.backbone` */
async function readBackbone(given: string | undefined, wanted: { name: string; sha256: string }) {
  const shipped = embeddedBackbones.find(({ row }) =>
    given === undefined ? row.sha256 === wanted.sha256 : row.id === given,
  );
  if (given === undefined && !shipped) {
    throw new RadaptError("The adapter needs its backbone.", {
      code: "adapter.backbone",
      expected: `--backbone: the .onnx file of "${wanted.name}", SHA-256 ${wanted.sha256}`,
      got: "none",
      remedy: "Name the .onnx file that the plan names.",
    });
  }
  const read = shipped ? { bytes: await readShipped(shipped.path), external: [] } : await readModelFile(given!);
  const sha256 = await sha256Hex(read.bytes);
  if (sha256 === wanted.sha256) return splitFiles(read.bytes, read.external);
  throw new RadaptError("The adapter belongs to another backbone.", {
    code: "adapter.backbone",
    where: given,
    expected: `"${wanted.name}", SHA-256 ${wanted.sha256}`,
    got: `SHA-256 ${sha256}`,
    remedy: "Name the file on which the adapter was trained.",
  });
}

/**
 * Builds the adapted model, as files, from a folder that `radapt run --save-adapters` or the app's
 * download wrote.
 *
 * @throws RadaptError `adapter.*`, `card.*`, `export.size`
 */
export async function modelOfFolder(
  folder: string,
  backbone: string | undefined,
): Promise<{ files: Bundle; notes: string[] }> {
  const files = await readAdapterFiles(folder);
  const card = namingFile(folder, () => cardIn(files));
  const { preprocessing, feature, roles } = card.backbone;
  const { bytes, external } = await readBackbone(backbone, card.backbone);
  const model = openModel(bytes, {
    imageSize: preprocessing.size,
    roles,
    external: (location) => external.get(location),
  });
  return namingFile(folder, () => modelBundle({ model, feature, imageSize: preprocessing.size }, files));
}
