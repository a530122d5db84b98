/** Which of several opened tables holds the outcomes: the one whose rows name the most images. */
import type { NamedFile, TablePreview } from "./types";

/** Tables that are read to compare them: a folder of results may hold hundreds. */
export const MAX_COMPARED_TABLES = 10;

export interface ChosenTable {
  table: NamedFile;
  preview: TablePreview;
  /** For the person: which table was chosen, and why. */
  reason: string;
}

/**
 * Of equals the first one is chosen.
 * @param previews one per table in the order of `sortFiles`, null for a table that cannot be read
 * @returns null where no table can be read
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

/** Rows that name an opened image, in the column where they are most. */
function mostNamed({ matches }: TablePreview): number {
  return Math.max(0, ...Object.values(matches ?? {}));
}
