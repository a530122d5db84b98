/** An adapter's folder and the backbone that it belongs to, as `radapt export` and `radapt predict` take them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RadaptError, sha256Hex } from "../base";
import { openModel } from "../engine";
import { CONFIG_FILE, TENSORS_FILE } from "../engine/adapters/checkpoint";
import { splitFiles } from "../models/files";
import { embeddedBackbones } from "../models/manifest";
import { type Bundle, cardIn, modelBundle } from "../runner/interchange/bundle";
import { CARD_FILE } from "../runner/interchange/card";
import { namingFile, readBytes, readModelFile, readShipped } from "./node-runtime";

export const backboneHelp = `the backbone's .onnx file, or the id of a shipped one; not needed
               where the adapter belongs to a shipped one`;

/** @throws RadaptError `adapter.file` naming what is missing */
async function readFiles(folder: string): Promise<Bundle> {
  const files: Bundle = {};
  for (const name of [CONFIG_FILE, TENSORS_FILE, CARD_FILE]) {
    const path = join(folder, name);
    if (existsSync(path)) files[name] = await readBytes(path);
  }
  return files;
}

/** The backbone's file with its data files behind it. @throws RadaptError `adapter.backbone` */
async function readBackbone(given: string | undefined, wanted: { name: string; sha256: string }) {
  const shipped = embeddedBackbones.find(({ row }) =>
    given === undefined ? row.sha256 === wanted.sha256 : row.id === given,
  );
  if (given === undefined && !shipped) {
    throw new RadaptError("The adapter needs its backbone.", {
      code: "adapter.backbone",
      expected: `--backbone: the .onnx file of "${wanted.name}", SHA-256 ${wanted.sha256}`,
      got: "none",
      remedy: "Name the file that the plan named.",
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
    remedy: "Name the very file that the adapter was trained on.",
  });
}

/**
 * The adapted model of a folder that `radapt run --save-adapters` or the app's download wrote, as files.
 *
 * @throws RadaptError `adapter.*`, `card.*`, `export.size`
 */
export async function modelOfFolder(
  folder: string,
  backbone: string | undefined,
): Promise<{ files: Bundle; notes: string[] }> {
  const files = await readFiles(folder);
  const card = namingFile(folder, () => cardIn(files));
  const { preprocessing, feature, roles } = card.backbone;
  const { bytes, external } = await readBackbone(backbone, card.backbone);
  const model = openModel(bytes, {
    ...{ imageSize: preprocessing.size, roles },
    external: (location) => external.get(location),
  });
  return namingFile(folder, () => modelBundle({ model, feature, imageSize: preprocessing.size }, files));
}
