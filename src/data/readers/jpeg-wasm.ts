/**
 * Holds the JPEG decoder's WASM. The composition root says once where it comes from, before the
 * first image.
 */
import { assert } from "../../base/error";

type WasmSource = BufferSource | WebAssembly.Module;

let wasmSource: WasmSource | (() => Promise<WasmSource>) | null = null;
let compiled: Promise<WebAssembly.Module> | null = null;

/**
 * Sets the bytes of `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`, or a function that loads them on
 * first use. The browser calls it in `src/data/jpeg-browser.ts`, Node in `src/data/jpeg-node.ts`.
 */
export function initJpegDecoder(wasm: WasmSource | (() => Promise<WasmSource>)): void {
  wasmSource = wasm;
  compiled = null;
}

/** The compiled decoder, which all images share. After a failed load the next call tries again. */
export async function compiledJpegDecoder(): Promise<WebAssembly.Module> {
  compiled ??= compileDecoder();
  try {
    return await compiled;
  } catch (error) {
    compiled = null;
    throw error;
  }
}

async function compileDecoder(): Promise<WebAssembly.Module> {
  assert(wasmSource, "a JPEG is decoded before initJpegDecoder was called");
  const wasm = typeof wasmSource === "function" ? await wasmSource() : wasmSource;
  return wasm instanceof WebAssembly.Module ? wasm : WebAssembly.compile(wasm);
}
