/**
 * Lets the JPEG decoder load its WASM from node_modules. The command line and tests import this
 * file once, for its effect.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initJpegDecoder } from "./readers/jpeg-wasm";

initJpegDecoder(async () => {
  const path = createRequire(import.meta.url).resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
  // Copies the bytes, because Node's buffer pool shares its memory.
  return Uint8Array.from(await readFile(path));
});
