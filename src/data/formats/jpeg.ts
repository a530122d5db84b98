/**
 * JPEG, baseline and progressive. The page and Node each give the decoder its WASM
 * (jpeg-browser.ts, jpeg-node.ts).
 */
import type { ImageFormat } from "./types";

export const jpegFormat: ImageFormat = {
  id: "jpeg",
  label: "JPEG",
  kind: "image",
  extensions: ["jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"],
  mediaTypes: ["image/jpeg"],
  sniff: (head) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff,
  read: async (bytes, name) => (await import("../readers/jpeg")).decodeJpeg(bytes, name),
};
