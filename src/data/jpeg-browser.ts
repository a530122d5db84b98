/**
 * Lets the JPEG decoder load its WASM from our own address. Import once, for its effect, in every
 * worker that decodes.
 */
import wasmUrl from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm?url";
import { initJpegDecoder } from "./readers/jpeg-wasm";

initJpegDecoder(async () => {
  const response = await fetch(wasmUrl);
  if (!response.ok) throw new Error(`The JPEG decoder could not be loaded: ${response.status} ${wasmUrl}`);
  return response.arrayBuffer();
});
