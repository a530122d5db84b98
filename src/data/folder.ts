/**
 * Sorts the files of an opened folder into what an import needs. The page and node-folder.ts each
 * find the files.
 */
import { formats } from "./formats";
import { SNIFF_BYTES } from "./formats/registry";
import type { NamedFile } from "./types";

/**
 * How many files with a shared extension are opened to look at their content. A folder may hold a
 * text file beside each of 100,000 images.
 */
const MAX_SNIFFED = 50;

export interface SortedFiles {
  images: NamedFile[];
  /**
   * Tables that may hold the outcomes. CSV comes before TSV and text; within one extension, files
   * nearest to the top of the folder come first.
   */
  tables: NamedFile[];
  /** Files of no known kind. An import tries such a file only if the table names it. */
  others: NamedFile[];
}

/**
 * Sorts files by their names. A file such as README.txt counts as a table only if its first bytes
 * look like one.
 */
export async function sortFiles(files: readonly NamedFile[]): Promise<SortedFiles> {
  const named = (kind: string) => files.filter(({ path }) => formats.kindOf(path) === kind);
  const byName = named("table").sort(byLikelihood);
  const doubtful = byName.filter(({ path }) => formats.hasSharedExtension(path));
  const accepted = await Promise.all(doubtful.slice(0, MAX_SNIFFED).map(looksLikeTable));
  const refused = new Set(doubtful.filter((_, i) => !accepted[i]));
  return {
    images: named("image"),
    tables: byName.filter((file) => !refused.has(file)),
    others: [...named("other"), ...refused],
  };
}

async function looksLikeTable({ file }: NamedFile): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer());
  return formats.sniff(head)?.kind === "table";
}

function byLikelihood(a: NamedFile, b: NamedFile): number {
  const depth = (path: string) => path.split("/").length;
  return (
    formats.tableRank(a.path) - formats.tableRank(b.path) || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1)
  );
}
