/** PNG. https://www.w3.org/TR/png-3/ */
import type { ImageFormat } from "./types";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const pngFormat: ImageFormat = {
  id: "png",
  label: "PNG",
  kind: "image",
  extensions: ["png"],
  mediaTypes: ["image/png"],
  sniff: (head) => SIGNATURE.every((byte, i) => head[i] === byte),
  read: async (bytes, name) => (await import("../readers/png")).decodePng(bytes, name),
};
