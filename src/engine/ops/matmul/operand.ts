/** How an operand of a matrix product lies in memory, and the WGSL type of its elements. */

/** How an operand is stored, and whether a kernel can read its rows four numbers at a time. */
export interface Stored {
  rows: number;
  columns: number;
  wide: boolean;
}

/** WGSL type of the elements that a binding holds. */
export const elementType = (wide: boolean) => (wide ? "vec4f" : "f32");

/** Names of a vector's components. */
export const lanes = ["x", "y", "z", "w"] as const;
