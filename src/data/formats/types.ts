/**
 * What a file format declares. To add a format, write one file with an `ImageFormat` or a
 * `TableFormat`, and add it to the list in index.ts.
 */
import type { Pixels } from "../../base/pixels";
import type { Table } from "../types";

interface FormatBase {
  /** Unique, e.g. "png". */
  id: string;
  /** For people, e.g. "PNG". */
  label: string;
  /**
   * Extensions without the dot, in lower case, the most usual one first. They decide which files a
   * picker and a folder offer.
   */
  extensions: readonly string[];
  /**
   * Extensions such as "txt" that files of any other content have, too. A file in a folder counts
   * as this format only if `sniff` accepts its first bytes.
   */
  sharedExtensions?: readonly string[];
  /** Media types (MIME), the registered one first. Storage keeps the first one with an image. */
  mediaTypes?: readonly string[];
  /**
   * Whether the first bytes of a file are of this format. The argument is a whole short file, or
   * the first 4 KiB of a long one.
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
 * "ignored" files are hidden, or an operating system wrote them; no message names them. "other"
 * files have no known extension.
 */
export type FileKind = FormatKind | "ignored" | "other";
