/** 16-bit floats out of numbers, where no Float16Array can be counted on. */

const halfScratch = new DataView(new ArrayBuffer(4));

/** The nearest binary16 as its 16 bits, ties to even; too large numbers become infinite. */
export function numberToHalf(value: number): number {
  halfScratch.setFloat32(0, value);
  const bits = halfScratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && fraction ? 0x7e00 : 0x7c00);
  if (exponent < -10) return sign;
  // The 24-bit significand, shifted to what the half has room for; a carry runs into the exponent,
  // as it must.
  const significand = exponent > 0 ? fraction | (exponent << 23) : fraction | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = Math.floor(significand / 2 ** shift);
  const rest = significand - kept * 2 ** shift;
  const tie = 2 ** (shift - 1);
  return sign | (kept + (rest > tie || (rest === tie && kept % 2 === 1) ? 1 : 0));
}

/** The numbers as binary16, 16 bits each. */
export const halvesOf = (numbers: Float32Array): Uint16Array<ArrayBuffer> => Uint16Array.from(numbers, numberToHalf);
