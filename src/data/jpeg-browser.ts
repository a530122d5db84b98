/**
 * Lets the JPEG decoder load its WASM from the app's own address. Every worker that decodes imports
 * this file once, for its effect.
 */
import wasmUrl from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm?url";
import { initJpegDecoder } from "./readers/jpeg-wasm";

initJpegDecoder(async () => {
  const response = await fetch(wasmUrl);
  if (!response.ok) throw new Error(`The JPEG decoder could not be loaded: ${response.status} ${wasmUrl}`);
  return response.arrayBuffer();
});
