/** Bytes of an image file → pixels. The first bytes decide the format, never the file's name. */
import { RadaptError } from "../base/error";
import type { Pixels } from "../base/pixels";
import { formats } from "./formats";
import { SNIFF_BYTES } from "./formats/registry";
import { unreadFormats } from "./formats/unread";
import { imageError } from "./readers/errors";

/** The media type of an image that Radapt can read; "" for any other content. */
export function imageType(bytes: Uint8Array): string {
  return formats.imageFormat(bytes)?.mediaTypes?.[0] ?? "";
}

/**
 * @param name the file, for messages
 * @returns 8-bit grey or RGB
 * @throws RadaptError "image.empty" | "image.unknown-format" | "image.truncated" | "image.corrupt"
 *   | "image.unsupported" | "image.too-large"
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Pixels> {
  const format = formats.imageFormat(bytes);
  if (format) return format.read(bytes, name);
  const expected = `a ${formats.labels("image")} file`;
  if (bytes.length === 0) {
    throw new RadaptError(`The image ${name} is empty.`, {
      code: "image.empty",
      where: name,
      expected,
      got: "0 bytes",
      remedy: "Copy the file again; files kept in a cloud folder may have to be fetched first.",
    });
  }
  throw imageError(name, "unknown-format", expected, describeContent(bytes), "Convert it to PNG, which loses nothing.");
}

/** Describes the content of a file that no image format reads. */
function describeContent(bytes: Uint8Array): string {
  const unread = unreadFormats.find(({ sniff }) => sniff(bytes.subarray(0, SNIFF_BYTES)));
  if (unread) return unread.label;
  const table = formats.sniff(bytes);
  if (table) return `a ${table.label} table`;
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `unknown content (first bytes ${first})`;
}
