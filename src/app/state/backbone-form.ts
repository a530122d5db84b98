/**
 * The form that adds a backbone or changes a stored one: its content, its problems, and how it
 * saves.
 */
import type { BackboneRow, Preprocessing } from "../../models/types";
import type { BackboneRequest } from "../../worker/protocol";
import { addBackbone, updateBackbone } from "./backbones";
import { toggleBackbone } from "./plan-draft";

export interface BackboneForm {
  /** Source of a new backbone: files of this machine or an address. */
  origin: "file" | "url";
  /** The .onnx file and the data files that belong to it, in any order. */
  files: File[];
  url: string;
  /** Expected SHA-256 of the pulled file, hexadecimal; empty accepts any. */
  sha256: string;
  name: string;
  feature: BackboneRow["feature"];
  /** If false, the worker reads the input size from the file and uses ImageNet's mean and std. */
  hasOwnPreprocessing: boolean;
  preprocessing: Preprocessing;
}

/** ImageNet's usual preprocessing, as in torchvision's reference transforms. */
const imagenet: Preprocessing = {
  size: 224,
  resize: 224,
  interpolation: "bicubic",
  crop: "crop",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** @param stored the backbone to change; undefined for a new one */
export function initialBackboneForm(stored: BackboneRow | undefined): BackboneForm {
  return {
    origin: "file",
    files: [],
    url: "",
    sha256: "",
    name: stored?.name ?? "",
    feature: stored?.feature ?? "auto",
    hasOwnPreprocessing: stored !== undefined,
    preprocessing: stored?.preprocessing ?? imagenet,
  };
}

/** The file with the graph. The other files hold its weights. */
const onnxFileOf = (files: readonly File[]): File | undefined =>
  files.find(({ name }) => /\.onnx$/i.test(name)) ?? files[0];

/** The source of the new backbone; null until the form has a file or an address. */
export function backboneSource({ origin, files, url, sha256 }: BackboneForm): BackboneRequest["source"] | null {
  if (origin === "url") {
    const address = url.trim();
    return address ? { url: address, sha256: sha256.trim().toLowerCase() || undefined } : null;
  }
  const file = onnxFileOf(files);
  if (!file) return null;
  const data = files.filter((other) => other !== file).map((other) => ({ name: other.name, file: other }));
  return { file, data };
}

/** The problem of the SHA-256; undefined if it is empty or well formed. */
export function sha256Problem({ sha256 }: BackboneForm): string | undefined {
  const digits = sha256.trim();
  return digits === "" || /^[0-9a-f]{64}$/i.test(digits) ? undefined : "64 hexadecimal digits.";
}

/** True if the form is complete enough to add a new backbone. */
export function canAdd(form: BackboneForm): boolean {
  return backboneSource(form) !== null && sha256Problem(form) === undefined;
}

/** The typed name, else the name of the file, else the last part of the address. */
function backboneName({ origin, name, files, url }: BackboneForm): string {
  const fileName = origin === "file" ? onnxFileOf(files)?.name.replace(/\.onnx$/i, "") : undefined;
  return name.trim() || fileName || url.trim().split("/").pop() || "Backbone";
}

/**
 * Adds the new backbone and chooses it for the plan, or changes the stored one. Returns false if
 * that failed.
 */
export async function saveBackbone(form: BackboneForm, stored: BackboneRow | undefined): Promise<boolean> {
  const { feature, preprocessing, hasOwnPreprocessing } = form;
  if (stored) return updateBackbone(stored.id, { name: form.name.trim() || stored.name, feature, preprocessing });
  const source = backboneSource(form);
  if (!source) return false;
  const id = await addBackbone({
    name: backboneName(form),
    source,
    feature,
    preprocessing: hasOwnPreprocessing ? preprocessing : undefined,
  });
  if (id !== null) toggleBackbone(id, true);
  return id !== null;
}
