/**
 * JPEG through mozjpeg compiled to WebAssembly: one decoder for browser and command line, so that
 * both see the same pixels. Exif orientation is applied. The composition root gives the decoder's
 * WASM once (`initJpegDecoder`).
 */
import decodeWithModule, { init } from "@jsquash/jpeg/decode.js";
import { messageOf } from "../../base/error";
import type { Pixels } from "../../base/pixels";
import { checkSize, corrupt, imageError, truncated } from "./errors";
import { type JpegStructure, readJpegStructure } from "./jpeg-structure";
import { compiledJpegDecoder } from "./jpeg-wasm";

let ready: Promise<void> | null = null;
/** What libjpeg said of the image being decoded. */
let complaints: string[] = [];

/** A fresh decoder; the compiled code is shared. */
async function start(): Promise<void> {
  try {
    const note = (line: unknown) => void complaints.push(String(line));
    const module = await compiledJpegDecoder();
    await init({
      print: note,
      printErr: note,
      instantiateWasm: (imports: WebAssembly.Imports, onSuccess: (instance: WebAssembly.Instance) => void) => {
        const instance = new WebAssembly.Instance(module, imports);
        onSuccess(instance);
        return instance.exports;
      },
    });
  } catch (error) {
    ready = null;
    throw error;
  }
}

/** The decoder has one memory and one list of complaints: images are decoded one after another. */
let queue: Promise<unknown> = Promise.resolve();

function decodeRgba(bytes: Uint8Array, name: string): Promise<ImageData> {
  const turn = queue.then(async () => {
    await (ready ??= start());
    complaints = [];
    try {
      // The binding takes any bytes; its type asks for a whole buffer.
      return await decodeWithModule(bytes as unknown as ArrayBuffer);
    } catch (error) {
      // libjpeg leaves its state behind when it gives up.
      ready = null;
      throw corrupt(name, "JPEG", complaints.join("; ") || messageOf(error));
    }
  });
  queue = turn.catch(() => {});
  return turn;
}

/**
 * Complaints after which the pixels are not what was stored; others (stray bytes between markers)
 * are harmless.
 */
const grave = /premature end|bad huffman|instead of RST|corrupt.*(data|progression)/i;
const harmless = /extraneous bytes/i;

/** Decodes a whole JPEG file to 8-bit grey or RGB. */
export async function decodeJpeg(bytes: Uint8Array, name: string): Promise<Pixels> {
  const structure = readJpegStructure(bytes);
  if (!structure) throw truncated(name, "JPEG", `no image in its ${bytes.length} bytes`);
  checkSupported(name, structure);
  checkSize(name, "JPEG", structure.width, structure.height);
  if (structure.end === null) {
    throw truncated(name, "JPEG", `the file stops after ${bytes.length} bytes, before its end-of-image marker`);
  }
  const image = await decodeRgba(bytes.subarray(0, structure.end), name);
  const complaint = complaints.find((line) => grave.test(line) && !harmless.test(line));
  if (complaint) throw corrupt(name, "JPEG", complaint);
  return oriented(withoutAlpha(image, structure.components === 1 ? 1 : 3), structure.orientation);
}

function checkSupported(name: string, { components, precision, frame }: JpegStructure): void {
  const refuse = (got: string, remedy: string) => {
    throw imageError(name, "unsupported", "an 8-bit grey or colour JPEG, baseline or progressive", got, remedy);
  };
  if (frame > 0xc2) {
    refuse(
      frame === 0xc3 ? "lossless JPEG" : `JPEG process SOF${frame - 0xc0}`,
      "Convert it to PNG, which loses nothing.",
    );
  }
  if (precision !== 8) refuse(`${precision} bits per sample`, "Convert it to 16-bit PNG, which loses nothing.");
  if (components !== 1 && components !== 3) {
    refuse(components === 4 ? "CMYK" : `${components} colour components`, "Convert it to grey or RGB.");
  }
}

function withoutAlpha({ data, width, height }: ImageData, channels: 1 | 3): Pixels {
  const out = new Uint8Array(width * height * channels);
  for (let i = 0, o = 0; i < data.length; i += 4) {
    for (let c = 0; c < channels; c++) out[o++] = data[i + c];
  }
  return { width, height, channels, data: out };
}

/**
 * Turns and mirrors as Exif orientation 1…8 asks, so that the image stands as a viewer shows it.
 */
function oriented(image: Pixels, orientation: number): Pixels {
  if (orientation === 1) return image;
  const { channels } = image;
  const swapped = orientation >= 5;
  const width = swapped ? image.height : image.width;
  const height = swapped ? image.width : image.height;
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(image.data.length);
  let o = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sx = swapped ? y : x;
      const sy = swapped ? x : y;
      const column = flipX ? image.width - 1 - sx : sx;
      const row = flipY ? image.height - 1 - sy : sy;
      const i = (row * image.width + column) * channels;
      for (let c = 0; c < channels; c++) data[o++] = image.data[i + c];
    }
  }
  return { width, height, channels, data };
}
