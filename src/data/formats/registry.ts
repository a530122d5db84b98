/**
 * Derives from a list of formats what a picker accepts, what a message names, and how Radapt reads
 * a file.
 */
import { isIgnored } from "../paths";
import type { FileKind, Format, FormatKind, ImageFormat, TableFormat } from "./types";
import { unreadFormats } from "./unread";

/** The most bytes that `sniff` of a format gets. */
export const SNIFF_BYTES = 4096;

export interface FormatRegistry {
  /** The kind of a file by its name. How it is read depends on its content. */
  kindOf(path: string): FileKind;
  /**
   * The place of a table's extension in the order of the formats, with shared extensions last. A
   * smaller number is more likely a table of outcomes.
   */
  tableRank(path: string): number;
  /**
   * Whether the content must decide, because files of any other content have this extension, too.
   */
  hasSharedExtension(path: string): boolean;
  /** The format of a content, or undefined if no format recognises it. */
  sniff(bytes: Uint8Array): Format | undefined;
  /** The image format that reads a content, or undefined. */
  imageFormat(bytes: Uint8Array): ImageFormat | undefined;
  /**
   * The table format that reads a file. The content decides, and then the extension. If neither is
   * known, the result is the first table format, whose error message says what is wrong. Undefined
   * for an image.
   */
  tableFormat(bytes: Uint8Array, path: string): TableFormat | undefined;
  /**
   * Removes the extension of an image format from a base name. Formats that Radapt does not read
   * count as well, because tables often name the original files, e.g. "x.dcm".
   */
  stemOf(name: string): string;
  /** For an `<input type="file">`: extensions with their dot, and media types. */
  accept(...kinds: FormatKind[]): string;
  /** For messages, e.g. "PNG, JPEG or CSV". */
  labels(...kinds: FormatKind[]): string;
  /** For messages, e.g. ".png, .jpg or .jpeg". */
  extensions(...kinds: FormatKind[]): string;
}

/**
 * @param formats in the order in which they are tried on a content: formats with a signature first,
 *   plain text last
 */
export function createRegistry(formats: readonly Format[]): FormatRegistry {
  const images = formats.filter((format) => format.kind === "image");
  const tables = formats.filter((format) => format.kind === "table");
  const ofKinds = (kinds: readonly FormatKind[]) => formats.filter(({ kind }) => kinds.includes(kind));
  const byName = (path: string) => formats.find((format) => extensionsOf(format).some((e) => endsWith(path, e)));
  const sniff = (bytes: Uint8Array) => {
    const head = bytes.subarray(0, SNIFF_BYTES);
    return formats.find((format) => format.sniff(head));
  };
  const tableExtensions = [
    ...tables.flatMap(({ extensions }) => extensions),
    ...tables.flatMap(({ sharedExtensions }) => sharedExtensions ?? []),
  ];
  const removable = [...images, ...unreadFormats].flatMap(extensionsOf).sort((a, b) => b.length - a.length);
  return {
    kindOf: (path) => (isIgnored(path) ? "ignored" : (byName(path)?.kind ?? "other")),
    tableRank: (path) => tableExtensions.findIndex((e) => endsWith(path, e)),
    hasSharedExtension: (path) => byName(path)?.sharedExtensions?.some((e) => endsWith(path, e)) ?? false,
    sniff,
    imageFormat: (bytes) => {
      const format = sniff(bytes);
      return format?.kind === "image" ? format : undefined;
    },
    tableFormat: (bytes, path) => {
      const format = sniff(bytes);
      if (format?.kind === "image") return undefined;
      return format ?? tables.find((table) => extensionsOf(table).some((e) => endsWith(path, e))) ?? tables[0];
    },
    stemOf: (name) => {
      const extension = removable.find((e) => endsWith(name, e));
      return extension === undefined ? name : name.slice(0, -extension.length - 1);
    },
    accept: (...kinds) =>
      ofKinds(kinds)
        .flatMap((format) => [...extensionsOf(format).map((e) => `.${e}`), ...(format.mediaTypes ?? [])])
        .join(","),
    labels: (...kinds) => listedFormats(ofKinds(kinds).map(({ label }) => label)),
    extensions: (...kinds) =>
      listedFormats(
        ofKinds(kinds)
          .flatMap(extensionsOf)
          .map((e) => `.${e}`),
      ),
  };
}

function extensionsOf(format: Pick<Format, "extensions" | "sharedExtensions">): readonly string[] {
  return [...format.extensions, ...(format.sharedExtensions ?? [])];
}

function endsWith(path: string, extension: string): boolean {
  return path.toLowerCase().endsWith(`.${extension}`);
}

function listedFormats(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
