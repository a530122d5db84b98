/**
 * Lets the JPEG decoder load its WASM from node_modules. Import once, for its effect, in the
 * command line and in tests.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initJpegDecoder } from "./readers/jpeg-wasm";

initJpegDecoder(async () => {
  const path = createRequire(import.meta.url).resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
  // Copied out of Node's buffer pool, whose memory is shared.
  return Uint8Array.from(await readFile(path));
});
