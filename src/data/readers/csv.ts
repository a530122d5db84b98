/**
 * Parses delimited text of any usual delimiter and encoding, as spreadsheets and scripts write it.
 */
import Papa from "papaparse";
import { RadaptError } from "../../base/error";
import type { Table } from "../types";

/**
 * Finds the delimiter (comma, semicolon, tab, bar) and the encoding (UTF-8, UTF-16 with a byte
 * order mark, else Windows-1252). Missing and duplicate headers get unique names.
 * @throws RadaptError "csv.not-text" | "csv.empty" | "csv.quotes"
 */
export function parseTable(name: string, bytes: Uint8Array): Table {
  const { text, delimiter } = withoutHint(decodeText(name, bytes));
  // Row numbers count blank rows; the guess of the delimiter does not.
  const delimitersToGuess = [",", ";", "\t", "|"];
  const guess = () => Papa.parse(text, { preview: 50, skipEmptyLines: "greedy", delimitersToGuess }).meta.delimiter;
  const parsed = Papa.parse<string[]>(text, { delimiter: delimiter ?? guess(), skipEmptyLines: false });
  const open = parsed.errors.find((error) => error.code === "MissingQuotes");
  if (open) {
    throw new RadaptError(`The table ${name} has a quotation mark that is never closed.`, {
      code: "csv.quotes",
      where: `${name}, from row ${(open.row ?? 0) + 1}`,
      expected: 'quotation marks in pairs; one inside a value doubled ("")',
      got: "the end of the file within a quoted value",
      remedy: "Close the quotation mark in a text editor, or save the table anew from a spreadsheet.",
    });
  }
  const lines = parsed.data
    .map((values, i) => ({ number: i + 1, values: values.map((value) => value.trim()) }))
    .filter(({ values }) => values.some((value) => value !== ""));
  const [header, ...rows] = lines;
  if (!header || rows.length === 0) {
    throw new RadaptError(`The table ${name} has no rows.`, {
      code: "csv.empty",
      where: name,
      expected: "a header row and one row per image",
      got: header ? "a header row only" : "nothing",
      remedy: "Open the table that names the images and their outcomes.",
    });
  }
  const width = Math.max(header.values.length, ...rows.slice(0, 1000).map(({ values }) => lastFilled(values)));
  const columns = uniqueNames(Array.from({ length: width }, (_, i) => header.values[i] ?? ""));
  return {
    name,
    columns,
    rows: rows.map(({ number, values }) => ({ number, values: columns.map((_, i) => values[i] ?? "") })),
  };
}

function decodeText(name: string, bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
  if (encoding) return new TextDecoder(encoding).decode(bytes);
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (zip || bytes.subarray(0, 4096).includes(0)) {
    throw new RadaptError(`${name} is not a text table.`, {
      code: "csv.not-text",
      where: name,
      expected: "a CSV file",
      got: zip ? "an Excel workbook or another ZIP file" : "binary content",
      remedy: "Save the sheet as CSV (in Excel: File, Save As, CSV UTF-8) and open that.",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * Excel's first line "sep=;" gives the delimiter. It stays as an empty line, so that row numbers do
 * not change.
 */
function withoutHint(text: string): { text: string; delimiter: string | undefined } {
  const hint = /^sep=(.)(?=\r?\n)/.exec(text);
  return hint ? { text: text.slice(hint[0].length), delimiter: hint[1] } : { text, delimiter: undefined };
}

function lastFilled(values: readonly string[]): number {
  return values.findLastIndex((value) => value !== "") + 1;
}

function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, i) => {
    const plain = name || `column ${i + 1}`;
    let unique = plain;
    for (let n = 2; taken.has(unique); n++) unique = `${plain} (${n})`;
    taken.add(unique);
    return unique;
  });
}
