/** The errors that all readers of image formats share. */
import { RadaptError } from "../../base/error";

/**
 * The largest image that is decoded, in pixels. Without a limit a small file could fill the memory.
 */
const maxPixels = 100_000_000;

type Fault = "truncated" | "corrupt" | "unsupported" | "too-large" | "unknown-format";

export function imageError(name: string, fault: Fault, expected: string, got: string, remedy: string): RadaptError {
  const what = fault === "unsupported" || fault === "unknown-format" ? "cannot be read" : "is damaged";
  return new RadaptError(`The image ${name} ${fault === "too-large" ? "is too large" : what}.`, {
    code: `image.${fault}`,
    where: name,
    expected,
    got,
    remedy,
  });
}

export function truncated(name: string, format: string, got: string): RadaptError {
  return imageError(name, "truncated", `a whole ${format} file`, got, "Copy or export the file again.");
}

export function corrupt(name: string, format: string, got: string): RadaptError {
  return imageError(name, "corrupt", `a sound ${format} file`, got, "Export the file again from its source.");
}

/** @throws RadaptError if a dimension is 0, or the image has more than `maxPixels` */
export function checkSize(name: string, format: string, width: number, height: number): void {
  if (width < 1 || height < 1) throw corrupt(name, format, `${width} × ${height} pixels`);
  if (width * height <= maxPixels) return;
  const limit = `at most ${maxPixels / 1e6} million pixels`;
  throw imageError(name, "too-large", limit, `${width} × ${height} pixels`, "Reduce the image before opening it.");
}
