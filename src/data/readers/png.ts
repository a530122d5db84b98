/**
 * Decodes PNG of every bit depth and colour type. It scales 16 bits to 8 (value / 257), lays
 * transparency over black, and resolves palettes. https://www.w3.org/TR/png-3/
 */
import { type DecodedPng, decode as decodeWithFastPng } from "fast-png";
import { messageOf } from "../../base/error";
import type { Pixels } from "../../base/pixels";
import { checkSize, corrupt, imageError, truncated } from "./errors";

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Chunks that affect the pixels. Damage in others (text, profiles) does no harm. */
const needed = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** Decodes a whole PNG file to 8-bit grey or RGB. */
export async function decodePng(bytes: Uint8Array, name: string): Promise<Pixels> {
  const parts = neededChunks(bytes, name);
  let png: DecodedPng;
  try {
    png = decodeWithFastPng(parts, { checkCrc: true });
  } catch (error) {
    throw corrupt(name, "PNG", messageOf(error));
  }
  return toPixels(png);
}

/**
 * Copies the file without the chunks that are not needed. @throws RadaptError if it ends before
 * IEND
 */
function neededChunks(bytes: Uint8Array, name: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Uint8Array(bytes.length);
  out.set(signature);
  let length = signature.length;
  /** Whether the pixels are palette indices and the palette has not come yet. */
  let indexed = false;
  for (let at = signature.length; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IHDR" && end - at === 25) {
      checkSize(name, "PNG", view.getUint32(at + 8), view.getUint32(at + 12));
      checkInterlace(name, bytes[at + 16], bytes[at + 20]);
      indexed = bytes[at + 17] === 3;
    }
    if (type === "PLTE") indexed = false;
    if (needed.has(type)) {
      out.set(bytes.subarray(at, end), length);
      length += end - at;
    }
    if (type === "IEND" && indexed) throw corrupt(name, "PNG", "colours by number, but no palette");
    if (type === "IEND") return out.subarray(0, length);
    at = end;
  }
  throw truncated(name, "PNG", `the file stops after ${bytes.length} bytes, before its IEND chunk`);
}

/** fast-png reads interlaced rows of packed samples as rows of bytes, which gives wrong pixels. */
function checkInterlace(name: string, depth: number, interlace: number): void {
  if (interlace === 0 || depth >= 8) return;
  const got = `an interlaced PNG of ${depth} bits per pixel`;
  const expected = "a PNG that is not interlaced, or of 8 or 16 bits";
  throw imageError(name, "unsupported", expected, got, "Save it again without interlacing.");
}

function toPixels(png: DecodedPng): Pixels {
  const { width, height, palette } = png;
  const samples = unpackSamples(png);
  const count = width * height;
  if (palette) {
    const grey = palette.every(([r, g, b]) => r === g && g === b);
    const channels = grey ? 1 : 3;
    const data = new Uint8Array(count * channels);
    for (let i = 0, o = 0; i < count; i++) {
      const colour = palette[samples[i]] ?? [0, 0, 0];
      for (let c = 0; c < channels; c++) data[o++] = overBlack(colour[c], (colour[3] ?? 255) / 255);
    }
    return { width, height, channels, data };
  }
  const channels = png.channels < 3 ? 1 : 3;
  const hasAlpha = png.channels === 2 || png.channels === 4;
  const top = 2 ** png.depth - 1;
  const clear = png.transparency;
  const data = new Uint8Array(count * channels);
  for (let i = 0, s = 0, o = 0; i < count; i++, s += png.channels) {
    let alpha = hasAlpha ? samples[s + channels] / top : 1;
    if (clear && clear.length >= channels) {
      let same = true;
      for (let c = 0; c < channels; c++) same &&= samples[s + c] === clear[c];
      if (same) alpha = 0;
    }
    for (let c = 0; c < channels; c++) data[o++] = overBlack((samples[s + c] * 255) / top, alpha);
  }
  return { width, height, channels, data };
}

const overBlack = (value: number, alpha: number) => Math.round(value * alpha);

/**
 * One number per sample. Rows of 1, 2 and 4 bits are packed, and each row begins with a new byte.
 */
function unpackSamples({ data, depth, width, height }: DecodedPng): ArrayLike<number> {
  if (depth >= 8) return data;
  const line = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      out[o++] = (data[y * line + (bit >> 3)] >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return out;
}
