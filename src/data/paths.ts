/** Parts of a file's path, and the files that nobody means to open. */

const IGNORED_NAMES = new Set([".ds_store", "thumbs.db", "desktop.ini", "__macosx"]);

/**
 * Whether a file or one of its folders is hidden, or is one that an operating system leaves behind.
 * Radapt skips such files without a message.
 */
export function isIgnored(path: string): boolean {
  return path.split("/").some((part) => IGNORED_NAMES.has(part.toLowerCase()) || isHidden(part));
}

function isHidden(part: string): boolean {
  return part.startsWith(".") && part !== "." && part !== "..";
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Normalises a path: forward slashes, no leading "./" or "/", composed accents. A path from a table
 * and the same path from a disk become equal.
 */
export function normalPath(path: string): string {
  return path
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.?\/)+/, "")
    .normalize("NFC");
}
