/**
 * The backbones that ship with Radapt. Each has a folder of `public/models` with `manifest.json`
 * and the ONNX file. The glob finds a new folder: nothing else needs to name it.
 */
import { z } from "zod";
import { featureKindIds } from "../engine/backbone/feature-choice";
import type { BackboneRow } from "./types";

const triple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * The members of `manifest.json` that Radapt reads. The others (figures, attributions) are for the
 * model card.
 */
const manifestSchema = z.object({
  id: z.string(),
  name: z.string(),
  file: z.string().default("model.onnx"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
  preprocessing: z.object({
    size: z.int(),
    resize: z.int(),
    interpolation: z.enum(["bicubic", "bilinear", "nearest"]),
    crop: z.enum(["crop", "pad", "stretch"]),
    mean: triple,
    std: triple,
  }),
  feature: z.enum(featureKindIds).default("auto"),
  roles: z.record(z.string(), z.string()).optional(),
  licence: z.string(),
  source: z.string(),
  paper: z.string().optional(),
});

/**
 * A shipped backbone: its row, and the path of its file below the app's address (or below `public/`
 * in a checkout).
 */
export interface EmbeddedBackbone {
  row: BackboneRow;
  path: string;
}

const manifests = import.meta.glob<unknown>("../../public/models/*/manifest.json", { eager: true, import: "default" });

export const embeddedBackbones: readonly EmbeddedBackbone[] = Object.entries(manifests).map(([path, json]) => {
  const { file, ...row } = manifestSchema.parse(json);
  const folder = path.split("/").at(-2);
  return { row: { ...row, origin: "embedded" }, path: `models/${folder}/${file}` };
});
