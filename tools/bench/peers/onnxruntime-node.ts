/** onnxruntime-web's build for Node, which has WASM alone. */
import * as ort from "onnxruntime-web";
import { onnxruntime } from "./onnxruntime";

export const loaders = { "ort-wasm": onnxruntime(ort, "wasm") };
