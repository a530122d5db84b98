/**
 * What a file format declares. To add a format: one file with an `ImageFormat` or a `TableFormat`,
 * and its line in index.ts.
 */
import type { Pixels } from "../../base/pixels";
import type { Table } from "../types";

interface FormatBase {
  /** Unique, e.g. "png". */
  id: string;
  /** For people, e.g. "PNG". */
  label: string;
  /**
   * Without the dot, lower case, the most usual one first. They decide which files a picker and a
   * folder offer.
   */
  extensions: readonly string[];
  /**
   * Extensions that files of any other content have, too, such as "txt". A file of a folder counts
   * as this format only if `sniff` accepts its first bytes.
   */
  sharedExtensions?: readonly string[];
  /** Media types (MIME), the registered one first. A stored image keeps the first one. */
  mediaTypes?: readonly string[];
  /**
   * Whether the first bytes of a file (all of a short file, 4 KiB of a long one) are of this
   * format.
   */
  sniff(head: Uint8Array): boolean;
}

export interface ImageFormat extends FormatBase {
  kind: "image";
  /**
   * Decodes a whole file. The decoder loads on first use, so that the page does not carry it.
   * @param name the file, for messages
   * @returns 8-bit grey or RGB
   * @throws RadaptError "image.truncated" | "image.corrupt" | "image.unsupported" |
   *   "image.too-large"
   */
  read(bytes: Uint8Array, name: string): Promise<Pixels>;
}

export interface TableFormat extends FormatBase {
  kind: "table";
  /**
   * Parses a whole file. The parser loads on first use.
   * @param name the file, for messages
   * @throws RadaptError "csv.not-text" | "csv.empty" | "csv.quotes"
   */
  read(bytes: Uint8Array, name: string): Promise<Table>;
}

export type Format = ImageFormat | TableFormat;

export type FormatKind = Format["kind"];

/**
 * "ignored": hidden, or written by an operating system; no message names such a file. "other": of
 * no known extension.
 */
export type FileKind = FormatKind | "ignored" | "other";
