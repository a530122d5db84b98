/** Bytes of an image file → pixels. The format is told by the first bytes, never by the file's name. */
import { RadaptError } from "../base/error";
import type { Pixels } from "../base/pixels";
import { jpegReader } from "./readers/jpeg";
import { pngReader } from "./readers/png";
import { imageError, type Reader } from "./readers/types";

const readers: readonly Reader[] = [pngReader, jpegReader];

/** Formats that people try and that are not read, to name them. */
const others: [name: string, begins: (bytes: Uint8Array) => boolean][] = [
  ["DICOM", (b) => text(b, 128, 4) === "DICM"],
  ["GIF", (b) => text(b, 0, 4) === "GIF8"],
  ["BMP", (b) => text(b, 0, 2) === "BM"],
  ["TIFF", (b) => ["II*\0", "MM\0*"].includes(text(b, 0, 4))],
  ["WebP", (b) => text(b, 0, 4) === "RIFF" && text(b, 8, 4) === "WEBP"],
  ["JPEG 2000", (b) => text(b, 4, 4) === "jP  " || (b[0] === 0xff && b[1] === 0x4f)],
  ["HEIC or AVIF", (b) => text(b, 4, 4) === "ftyp"],
  ["gzip (NIfTI?)", (b) => b[0] === 0x1f && b[1] === 0x8b],
  ["a web page", (b) => /^\s*<(!doctype|html)/i.test(text(b, 0, 64))],
];

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** The MIME type of an image that can be read, told by its first bytes; "" for anything else. */
export function imageType(bytes: Uint8Array): string {
  return readers.find((r) => r.recognises(bytes))?.mime ?? "";
}

/**
 * @param name the file, for messages
 * @returns 8-bit grey or RGB
 * @throws RadaptError "image.empty" | "image.unknown-format" | "image.truncated" | "image.corrupt" | "image.unsupported" |
 *   "image.too-large"
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Pixels> {
  const reader = readers.find((r) => r.recognises(bytes));
  if (reader) return reader.decode(bytes, name);
  const formats = readers.map((r) => r.format).join(" or ");
  if (bytes.length === 0) {
    throw new RadaptError(`The image ${name} is empty.`, {
      code: "image.empty",
      where: name,
      expected: `a ${formats} file`,
      got: "0 bytes",
      remedy: "Copy the file again; files kept in a cloud folder may have to be fetched first.",
    });
  }
  const other = others.find(([, begins]) => begins(bytes))?.[0];
  const first = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
  throw imageError(
    name,
    "unknown-format",
    `a ${formats} file`,
    other ?? `unknown content (first bytes ${first})`,
    `Convert it to PNG, which loses nothing.`,
  );
}
