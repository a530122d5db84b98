/** Decoded pixels: 8-bit, 1 (grey) or 3 (RGB) channels interleaved, row-major. */
export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 3;
  /** height·width·channels bytes. */
  data: Uint8Array;
}
