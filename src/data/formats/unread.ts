/**
 * Formats that people try and that Radapt does not read. An error message names them, and tables
 * may name the original files.
 */

export interface UnreadFormat {
  label: string;
  /** Without the dot, lower case. */
  extensions: readonly string[];
  sniff(head: Uint8Array): boolean;
}

export const unreadFormats: readonly UnreadFormat[] = [
  { label: "DICOM", extensions: ["dcm", "dicom"], sniff: (b) => latin1(b, 128, 4) === "DICM" },
  { label: "GIF", extensions: ["gif"], sniff: (b) => latin1(b, 0, 4) === "GIF8" },
  { label: "BMP", extensions: ["bmp"], sniff: (b) => latin1(b, 0, 2) === "BM" },
  { label: "TIFF", extensions: ["tif", "tiff"], sniff: (b) => ["II*\0", "MM\0*"].includes(latin1(b, 0, 4)) },
  {
    label: "WebP",
    extensions: ["webp"],
    sniff: (b) => latin1(b, 0, 4) === "RIFF" && latin1(b, 8, 4) === "WEBP",
  },
  {
    label: "JPEG 2000",
    extensions: ["jp2"],
    sniff: (b) => latin1(b, 4, 4) === "jP  " || (b[0] === 0xff && b[1] === 0x4f),
  },
  { label: "HEIC or AVIF", extensions: [], sniff: (b) => latin1(b, 4, 4) === "ftyp" },
  { label: "gzip (NIfTI?)", extensions: ["nii", "nii.gz"], sniff: (b) => b[0] === 0x1f && b[1] === 0x8b },
  { label: "a web page", extensions: [], sniff: (b) => /^\s*<(!doctype|html)/i.test(latin1(b, 0, 64)) },
];

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
