/** An opened folder, sorted into what an import needs. How the files are got is the page's business, or node-folder.ts's. */
import { kindOfFile } from "./paths";
import type { NamedFile } from "./types";

export interface SortedFiles {
  images: NamedFile[];
  /** Possible tables of outcomes: CSV before TSV before text, those nearest to the top first. */
  tables: NamedFile[];
  /** Neither, and not hidden or the operating system's: named in messages. */
  others: NamedFile[];
}

export function sortFiles(files: readonly NamedFile[]): SortedFiles {
  const of = (kind: string) => files.filter(({ path }) => kindOfFile(path) === kind);
  const rank = (path: string) => ["csv", "tsv", "txt"].indexOf(path.slice(-3).toLowerCase());
  const depth = (path: string) => path.split("/").length;
  const tables = of("table").sort(
    (a, b) => rank(a.path) - rank(b.path) || depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1),
  );
  return { images: of("image"), tables, others: of("other") };
}
