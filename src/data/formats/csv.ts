/** Delimited text: comma, semicolon, tab or bar, as spreadsheets and scripts write it. */
import type { TableFormat } from "./types";

const DELIMITERS = [",", ";", "\t", "|"];

/** Rows that are looked at. */
const MAX_ROWS = 20;

/**
 * Share of the rows that must have as many values as the header: real tables have a few short or
 * long rows.
 */
const MIN_REGULAR = 0.75;

export const csvFormat: TableFormat = {
  id: "csv",
  label: "CSV",
  kind: "table",
  extensions: ["csv", "tsv", "tab"],
  sharedExtensions: ["txt"],
  mediaTypes: ["text/csv", "text/tab-separated-values"],
  sniff: isDelimitedText,
  read: async (bytes, name) => (await import("../readers/csv")).parseTable(name, bytes),
};

/**
 * Whether the text has a header and rows of two or more values, most of them as long as the header.
 */
function isDelimitedText(head: Uint8Array): boolean {
  const text = decodeHead(head);
  if (text === null) return false;
  if (/^sep=.\r?\n/.test(text)) return true;
  const lines = completeLines(text);
  return lines.length >= 2 && DELIMITERS.some((delimiter) => isRegular(lines, delimiter));
}

/**
 * The text, or null for binary content. A letter that the end of the head cuts in two does no harm
 * here.
 */
function decodeHead(head: Uint8Array): string | null {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le").decode(head);
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be").decode(head);
  // A ZIP file (Excel's workbooks too) may have no zero among its first bytes.
  const isBinary = head.includes(0) || (head[0] === 0x50 && head[1] === 0x4b);
  return isBinary ? null : new TextDecoder("utf-8").decode(head);
}

/**
 * The first rows that are not blank. Quoted text is taken out, because it may hold delimiters and
 * line breaks.
 */
function completeLines(text: string): string[] {
  const lines = text
    .replace(/"[^"]*"/g, "")
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== "");
  // The head of a long file ends within a row.
  return lines.slice(0, Math.min(MAX_ROWS, Math.max(2, lines.length - 1)));
}

function isRegular(lines: readonly string[], delimiter: string): boolean {
  const counts = lines.map((line) => line.split(delimiter).length);
  const regular = counts.filter((count) => count === counts[0]).length;
  return counts[0] >= 2 && regular >= MIN_REGULAR * counts.length;
}
