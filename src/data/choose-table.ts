/** Chooses one of several opened tables: the one whose rows name the most images. */
import type { NamedFile, TablePreview } from "./types";

/** How many tables are read to compare them: a folder of results may hold hundreds. */
export const MAX_COMPARED_TABLES = 10;

export interface ChosenTable {
  table: NamedFile;
  preview: TablePreview;
  /** A sentence for the user: which table is in use, and why. */
  reason: string;
}

/**
 * Takes the first one of equals.
 * @param previews one per table in the order of `sortFiles`, null for a table that cannot be read
 * @returns null if no table can be read
 */
export function chooseTable(
  tables: readonly NamedFile[],
  previews: readonly (TablePreview | null)[],
): ChosenTable | null {
  let chosen: { table: NamedFile; preview: TablePreview; named: number } | null = null;
  for (const [i, preview] of previews.entries()) {
    const named = preview ? mostNamed(preview) : 0;
    if (preview && (!chosen || named > chosen.named)) chosen = { table: tables[i], preview, named };
  }
  if (!chosen) return null;
  const { table, preview, named } = chosen;
  const why = named > 0 ? `${named} of its ${preview.rowCount} rows name an opened image` : "it comes first";
  return { table, preview, reason: `${table.path} was chosen from ${tables.length} tables: ${why}.` };
}

/** The number of rows that name an opened image, in the column with the most of them. */
function mostNamed({ matches }: TablePreview): number {
  return Math.max(0, ...Object.values(matches ?? {}));
}
