/**
 * Decodes JPEG with mozjpeg compiled to WebAssembly, and applies the Exif orientation. Browser and
 * command line use the same decoder and so see the same pixels.
 */
import decodeWithModule, { init } from "@jsquash/jpeg/decode.js";
import { messageOf } from "../../base/error";
import type { Pixels } from "../../base/pixels";
import { checkSize, corrupt, imageError, truncated } from "./errors";
import { type JpegStructure, readJpegStructure } from "./jpeg-structure";
import { compiledJpegDecoder } from "./jpeg-wasm";

let ready: Promise<void> | null = null;
/** Messages of libjpeg about the current image. */
let complaints: string[] = [];

/** Starts a new instance of the compiled decoder. */
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

/**
 * Images are decoded one after another, because the decoder has one memory and one list of
 * messages.
 */
let queue: Promise<unknown> = Promise.resolve();

function decodeRgba(bytes: Uint8Array, name: string): Promise<ImageData> {
  const turn = queue.then(async () => {
    await (ready ??= start());
    complaints = [];
    try {
      // The binding accepts a view of a buffer, although its type asks for a whole buffer.
      return await decodeWithModule(bytes as unknown as ArrayBuffer);
    } catch (error) {
      // After an error libjpeg keeps its state, so the next image needs a new instance.
      ready = null;
      throw corrupt(name, "JPEG", complaints.join("; ") || messageOf(error));
    }
  });
  queue = turn.catch(() => {});
  return turn;
}

/**
 * After these messages the pixels are not what the file stored. Others, such as stray bytes between
 * markers, do no harm.
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

/** Rotates and mirrors by the Exif orientation 1…8, so that the image looks as in a viewer. */
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
