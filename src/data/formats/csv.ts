/** Delimited text: comma, semicolon, tab or bar, as spreadsheets and scripts write it. */
import type { TableFormat } from "./types";

const DELIMITERS = [",", ";", "\t", "|"];

/** How many rows of the file are looked at. */
const MAX_SNIFFED_ROWS = 20;

/**
 * The share of rows that must have as many values as the header. Real tables have a few short or
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
 * The text, or null for binary content. The head may end inside a character, which does no harm
 * here.
 */
function decodeHead(head: Uint8Array): string | null {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le").decode(head);
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be").decode(head);
  // A ZIP file (and so an Excel workbook) may have no zero among its first bytes.
  const isBinary = head.includes(0) || (head[0] === 0x50 && head[1] === 0x4b);
  return isBinary ? null : new TextDecoder("utf-8").decode(head);
}

/**
 * The first rows that are not blank, without quoted text: it may hold delimiters and line breaks.
 */
function completeLines(text: string): string[] {
  const lines = text
    .replace(/"[^"]*"/g, "")
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== "");
  // The last row of a long file's head may be incomplete.
  return lines.slice(0, Math.min(MAX_SNIFFED_ROWS, Math.max(2, lines.length - 1)));
}

function isRegular(lines: readonly string[], delimiter: string): boolean {
  const counts = lines.map((line) => line.split(delimiter).length);
  const regular = counts.filter((count) => count === counts[0]).length;
  return counts[0] >= 2 && regular >= MIN_REGULAR * counts.length;
}
