/** Converts numbers to 16-bit floats, because not every platform has Float16Array. */

const halfScratch = new DataView(new ArrayBuffer(4));

/**
 * The 16 bits of the nearest binary16. Ties go to the even one; too large numbers become infinite.
 */
export function numberToHalf(value: number): number {
  halfScratch.setFloat32(0, value);
  const bits = halfScratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && fraction ? 0x7e00 : 0x7c00);
  if (exponent < -10) return sign;
  // Shift the 24-bit significand to the bits that a half keeps. A carry from rounding increments
  // the exponent, which is the correct result.
  const significand = exponent > 0 ? fraction | (exponent << 23) : fraction | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = Math.floor(significand / 2 ** shift);
  const rest = significand - kept * 2 ** shift;
  const tie = 2 ** (shift - 1);
  return sign | (kept + (rest > tie || (rest === tie && kept % 2 === 1) ? 1 : 0));
}

/** Converts all numbers to the bits of binary16. */
export const halvesOf = (numbers: Float32Array): Uint16Array<ArrayBuffer> => Uint16Array.from(numbers, numberToHalf);
