/** What the shortcut audit sees of an image: thumbnail, border, file, kept columns. */
import type { Pixels } from "../../base/pixels";
import { type AuditInput, borderSide, isClinical, thumbnailSide } from "../../bench/audit/inputs";
import { shrinkGrey } from "../../data/shrink-grey";
import type { ImageRow } from "../../data/types";

/** Lengths of the parts of `pixelFacts`, in order. */
const thumbnailLength = thumbnailSide ** 2;
const borderLength = 4 * (borderSide - 1);

/** @returns thumbnail [196], border [76] and the number of channels [1], in one row */
export function pixelFacts(pixels: Pixels): Float32Array {
  const grid = shrinkGrey(pixels, borderSide, borderSide);
  const isEdge = (i: number) => i === 0 || i === borderSide - 1;
  const border = grid.filter((_, i) => isEdge(i % borderSide) || isEdge(Math.floor(i / borderSide)));
  return Float32Array.of(...shrinkGrey(pixels, thumbnailSide, thumbnailSide), ...border, pixels.channels);
}

/** Image name → features of one input, all of equal length. */
export function auditFeatures(
  input: AuditInput,
  images: readonly ImageRow[],
  facts: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const part = (from: number, to?: number) => (name: string) => facts.get(name)!.subarray(from, to);
  const border = thumbnailLength + borderLength;
  const channels = part(border);
  const columns = input === "metadata" || input === "clinical" ? columnReader(input, images) : () => [];
  const of: Record<AuditInput, (image: ImageRow) => ArrayLike<number>> = {
    thumbnail: ({ name }) => part(0, thumbnailLength)(name),
    border: ({ name }) => part(thumbnailLength, border)(name),
    metadata: (image) => [...fileFacts(image), ...channels(image.name), ...columns(image)],
    clinical: columns,
  };
  return new Map(images.map((image) => [image.name, Float32Array.from(of[input](image))]));
}

/** Logarithms of width, height, their ratio, bytes, and bytes per pixel. */
function fileFacts({ width, height, bytes }: ImageRow): number[] {
  return [width, height, width / height, bytes, bytes / (width * height)].map(Math.log);
}

/** More values than this are names or numbers, and no categories. */
const mostCategories = 20;

/** Kept columns as numbers: a numeric column as it is, any other with one place for each value. */
function columnReader(input: "metadata" | "clinical", images: readonly ImageRow[]): (image: ImageRow) => number[] {
  const names = [...new Set(images.flatMap(({ columns }) => Object.keys(columns ?? {})))].sort();
  const own = names.filter((name) => isClinical(name) === (input === "clinical"));
  const readers = own.flatMap((name) => {
    const values = images.flatMap(({ columns }) => columns?.[name] ?? []);
    const distinct = [...new Set(values)].sort();
    const numbers = values.map(numberOf).filter((value) => !Number.isNaN(value));
    if (numbers.length >= 0.9 * values.length && distinct.length > 2) {
      const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
      const read = (value: string | undefined) => {
        const number = numberOf(value ?? "");
        return Number.isNaN(number) ? [mean, 1] : [number, 0];
      };
      return [{ name, read }];
    }
    if (distinct.length > mostCategories) return [];
    return [{ name, read: (value: string | undefined) => distinct.map((own) => Number(own === value)) }];
  });
  return ({ columns }) => readers.flatMap(({ name, read }) => read(columns?.[name]));
}

/** A number as in "61", "61.5", "061Y"; NaN for other text. */
function numberOf(value: string): number {
  const [, digits] = /^\s*(\d+(?:[.,]\d+)?)\s*[yY]?\s*$/.exec(value) ?? [];
  return digits === undefined ? Number.NaN : Number(digits.replace(",", "."));
}
