/**
 * Where the JPEG decoder's WASM comes from: the composition root says so once, before the first
 * image.
 */
import { assert } from "../../base/error";

type WasmSource = BufferSource | WebAssembly.Module;

let source: WasmSource | (() => Promise<WasmSource>) | null = null;
let compiled: Promise<WebAssembly.Module> | null = null;

/**
 * Gives the bytes of `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`, or a function that loads them when
 * first needed. Browser: `src/data/jpeg-browser.ts`; Node: `src/data/jpeg-node.ts`.
 */
export function initJpegDecoder(wasm: WasmSource | (() => Promise<WasmSource>)): void {
  source = wasm;
  compiled = null;
}

/** The compiled decoder, shared by all images. A failed load is tried again at the next call. */
export async function compiledJpegDecoder(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  try {
    return await compiled;
  } catch (error) {
    compiled = null;
    throw error;
  }
}

async function compile(): Promise<WebAssembly.Module> {
  assert(source, "a JPEG is decoded before initJpegDecoder was called");
  const wasm = typeof source === "function" ? await source() : source;
  return wasm instanceof WebAssembly.Module ? wasm : WebAssembly.compile(wasm);
}
