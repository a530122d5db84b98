/** Parts of a file's path, and the files that no one means to open. */

const IGNORED_NAMES = new Set([".ds_store", "thumbs.db", "desktop.ini", "__macosx"]);

/**
 * Hidden files and folders, and those that an operating system leaves behind. They are passed over
 * without a message.
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
 * Forward slashes, no leading "./" or "/", composed accents: the same path from a table and from a
 * disk become equal.
 */
export function normalPath(path: string): string {
  return path
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.?\/)+/, "")
    .normalize("NFC");
}
