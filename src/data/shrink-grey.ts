/** An image as a small grey one, by the mean over the area of each new pixel. */
import type { Pixels } from "../base/pixels";

/** @returns [height·width] luma (ITU-R BT.601) in [0, 255], row-major */
export function shrinkGrey(pixels: Pixels, width: number, height: number): Float64Array {
  const across = overlaps(pixels.width, width);
  const down = overlaps(pixels.height, height);
  const out = new Float64Array(width * height);
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    for (const [sourceY, shareY] of down[y]) {
      row.fill(0);
      for (let x = 0; x < width; x++)
        for (const [sourceX, shareX] of across[x]) row[x] += shareX * lumaAt(pixels, sourceY * pixels.width + sourceX);
      for (let x = 0; x < width; x++) out[y * width + x] += shareY * row[x];
    }
  }
  return out;
}

/** Grey value of the pixel with this index. */
function lumaAt({ channels, data }: Pixels, index: number): number {
  if (channels === 1) return data[index];
  return 0.299 * data[index * 3] + 0.587 * data[index * 3 + 1] + 0.114 * data[index * 3 + 2];
}

/** For each new pixel of one axis: the old ones that it covers, with their shares (sum 1). */
function overlaps(from: number, to: number): [number, number][][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * scale, (i + 1) * scale];
    const own: [number, number][] = [];
    for (let source = Math.floor(start); source < Math.min(from, Math.ceil(end - 1e-9)); source++) {
      const share = (Math.min(end, source + 1) - Math.max(start, source)) / scale;
      if (share > 0) own.push([source, share]);
    }
    return own;
  });
}
