/** Rules by which the path of an image names its patient, where a table has no patient column. */
import type { PatientPathRule } from "../bench/plan";
import { formats } from "./formats";
import { baseName } from "./paths";
import type { PatientSource } from "./types";

interface PathRule {
  /** For a list of choices. */
  label: string;
  /** The patient's id, or "" if the path has no such part. */
  patientOf(path: string): string;
}

const fileStem = (path: string) => formats.stemOf(baseName(path));
const folderOf = (path: string, above: number) => path.split("/").at(-1 - above) ?? "";

/** In the order in which equal groups of images are preferred. */
export const patientPathRules: Record<PatientPathRule, PathRule> = {
  "first-number": {
    label: "File name up to its first number",
    patientOf: (path) => fileStem(path).match(/^.*?\d[^_\-\s]*/)?.[0] ?? "",
  },
  "all-but-last-part": {
    label: "File name up to the last _ or - or space",
    patientOf: (path) => fileStem(path).replace(/[_\-\s]+[^_\-\s]*$/, ""),
  },
  folder: { label: "Folder of the image", patientOf: (path) => folderOf(path, 1) },
  "parent-folder": { label: "Folder above the image's folder", patientOf: (path) => folderOf(path, 2) },
};

/** What a sentence calls the source of the patients; undefined without one. */
export function patientSourceLabel({ patient, patientFromPath }: PatientSource): string | undefined {
  return patient ?? (patientFromPath && patientPathRules[patientFromPath].label.toLowerCase());
}
