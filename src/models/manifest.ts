/**
 * The backbones that ship with Radapt: one folder of public/models each, with `manifest.json` and
 * the ONNX file. A new folder is a new backbone; nothing else names it.
 */
import { z } from "zod";
import { featureKindIds } from "../engine/backbone/feature-choice";
import type { BackboneRow } from "./types";

const triple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * manifest.json; further members (figures, attributions) are for the model card and ignored here.
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
 * A shipped backbone: its row, and where its file is below the app's address (or below public/ in a
 * checkout).
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
