/** What a file's path tells: its parts, and whether it is an image, a table, or an operating system's leavings. */

export type FileKind = "image" | "table" | "junk" | "other";

const junkNames = new Set([".ds_store", "thumbs.db", "desktop.ini", "__macosx"]);

/** Hidden files and folders and those of the operating system are junk; what is not known by its extension is "other". */
export function kindOfFile(path: string): FileKind {
  const parts = path.split("/");
  if (
    parts.some((part) => junkNames.has(part.toLowerCase()) || (part.startsWith(".") && part !== "." && part !== ".."))
  ) {
    return "junk";
  }
  if (/\.(png|jpe?g|jfif)$/i.test(path)) return "image";
  if (/\.(csv|tsv|txt)$/i.test(path)) return "table";
  return "other";
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A base name without the extension of an image format (also of those that are not read: tables may name the originals). */
export function stemOf(name: string): string {
  return name.replace(/\.(png|jpe?g|jfif|dcm|dicom|tiff?|bmp|gif|webp|nii|nii\.gz|jp2)$/i, "");
}

/** Forward slashes, no leading "./" or "/", composed accents: paths as tables and file systems write them become equal. */
export function normalPath(path: string): string {
  return path
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.?\/)+/, "")
    .normalize("NFC");
}
