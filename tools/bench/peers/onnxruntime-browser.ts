/** onnxruntime-web's build for browsers, which has both of its backends. */
import * as ort from "onnxruntime-web/webgpu";
import { onnxruntime } from "./onnxruntime";

const folder = new URL("/node_modules/onnxruntime-web/dist/", location.href).href;

export const loaders = {
  "ort-webgpu": onnxruntime(ort, "webgpu", folder),
  "ort-wasm": onnxruntime(ort, "wasm", folder),
};
