/** Reads a table of outcomes of any table format, and finds its columns. */
import { RadaptError } from "../base/error";
import { formats } from "./formats";
import type { Table } from "./types";

/**
 * Reads a file by its content; its extension counts only if no format recognises the content.
 * @throws RadaptError "csv.not-text", and what the format's `read` throws
 */
export async function readTable(name: string, bytes: Uint8Array): Promise<Table> {
  const format = formats.tableFormat(bytes, name);
  if (format) return format.read(bytes, name);
  throw new RadaptError(`${name} is not a table.`, {
    code: "csv.not-text",
    where: name,
    expected: `a ${formats.labels("table")} file`,
    got: `a ${formats.sniff(bytes)?.label} image`,
    remedy: "Open the table that names the images and their outcomes.",
  });
}

/** The index of a column. @throws RadaptError "csv.no-column" */
export function columnIndex(table: Table, column: string): number {
  const index = table.columns.indexOf(column);
  if (index >= 0) return index;
  throw new RadaptError(`The table ${table.name} has no column "${column}".`, {
    code: "csv.no-column",
    where: table.name,
    expected: `one of: ${table.columns.join(", ")}`,
    got: column,
    remedy: "Choose one of the table's columns.",
  });
}
