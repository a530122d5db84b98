/**
 * Reads the segments of a JPEG without decoding it: its frame, its orientation, and whether the
 * file is complete. ITU-T T.81 Annex B; Exif orientation: CIPA DC-008 tag 0x0112.
 */
export interface JpegStructure {
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 CMYK or YCCK. */
  components: number;
  /** Bits per sample. */
  precision: number;
  /**
   * Low byte of the frame's marker: 0xc0 baseline, 0xc1 extended, 0xc2 progressive, 0xc3 lossless,
   * 0xc9… arithmetic.
   */
  frame: number;
  /** Exif orientation 1…8; 1 if the file gives none. */
  orientation: number;
  /**
   * The number of bytes up to and including the end-of-image marker; null if the file ends before
   * it.
   */
  end: number | null;
}

const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** @returns null if there is no frame header: the file ends too soon, or is no JPEG */
export function readJpegStructure(bytes: Uint8Array): JpegStructure | null {
  let found: Omit<JpegStructure, "orientation" | "end"> | null = null;
  let orientation = 1;
  let at = 2;
  const finish = (end: number | null) => found && { ...found, orientation, end };
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return finish(null);
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === undefined) return finish(null);
    if (marker === 0xd9) return finish(at);
    // Skips stuffed bytes and restart markers within coded data, and markers without a length.
    if (marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const length = (bytes[at] << 8) | bytes[at + 1];
    if (at + 1 >= bytes.length || at + length > bytes.length) return finish(null);
    const body = bytes.subarray(at + 2, at + length);
    if (isFrame(marker) && body.length >= 6) {
      const [precision, h1, h0, w1, w0, components] = body;
      found = { frame: marker, precision, height: (h1 << 8) | h0, width: (w1 << 8) | w0, components };
    } else if (marker === 0xe1 && orientation === 1) {
      orientation = exifOrientation(body);
    }
    at += length;
  }
}

/** The orientation in an APP1 segment's body; 1 if it is no Exif or gives none. */
function exifOrientation(body: Uint8Array): number {
  if (String.fromCharCode(...body.subarray(0, 6)) !== "Exif\0\0" || body.length < 14) return 1;
  const tiff = new DataView(body.buffer, body.byteOffset + 6, body.byteLength - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, little) !== 0x0112) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
