/** Opens a folder for the command line. Images stay on disk until someone asks for their bytes. */
import { openAsBlob } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { messageOf, RadaptError } from "../base/error";
import { isIgnored } from "./paths";
import type { NamedFile } from "./types";

/**
 * All files of a folder and its subfolders, sorted by path, without those that `isIgnored` names.
 * @returns paths relative to the folder, with "/" between parts
 * @throws RadaptError "folder.unreadable"
 */
export async function readFolder(folder: string): Promise<NamedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, "a folder of images", error);
  });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !isIgnored(path))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, file: await openAsBlob(join(folder, path)) })));
}

/** Opens one file; its `path` is its base name. @throws RadaptError "folder.unreadable" */
export async function readNamedFile(path: string): Promise<NamedFile> {
  const file = await openAsBlob(path).catch((error: unknown) => {
    throw unreadable(path, "a file", error);
  });
  return { path: basename(path), file };
}

function unreadable(path: string, expected: string, error: unknown): RadaptError {
  return new RadaptError(`${path} cannot be opened.`, {
    code: "folder.unreadable",
    where: path,
    expected,
    got: messageOf(error),
    remedy: "Check the path; relative ones count from the plan file's folder.",
  });
}
