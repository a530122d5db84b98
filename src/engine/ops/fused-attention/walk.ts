/**
 * What the kernels of fused attention share. Each kernel owns rows of one side (queries, or keys)
 * and walks over the other side's rows, 32 at a time. It computes a value for every pair (an
 * element of the attention matrix, or of its gradient) and adds up rows weighted by these values.
 * All add in the same order and give the same bits.
 */
import { sizeOf } from "../../graph/tensor";
import { loop, range } from "../define";

/** Own rows of an invocation, and walked rows of a quad. */
export const four = range(4);

/** Walked rows of a tile, and their quads. */
export const TILE = 32;
export const QUADS = TILE / 4;

export const LOWEST = "-3.4028234e38";

/** One side: `batches` matrices of `rows` × `width`. */
export interface MatrixBinding {
  rows: number;
  width: number;
  batches: number;
}

export const matrixOf = (shape: readonly number[]): MatrixBinding => {
  const [rows, width] = shape.slice(-2);
  return { rows, width, batches: sizeOf(shape.slice(0, -2)) };
};

export interface Walk {
  own: MatrixBinding;
  walkedRows: number;
  /** WGSL before the walk; it sees `batch` and the invocation's first own row, `row`. */
  before: string;
  /**
   * WGSL that declares `value_0` … `value_3`, one for each own row with the walked rows from `first
   * + 4·t` on.
   */
  values: string;
  /**
   * True if the values are scores and their softmax gives the weights. False if they are the
   * weights.
   */
  isSoftmax: boolean;
  /** Binding of the rows that are added up, and their width. */
  added: string;
  width: number;
}

/** Which of the walked rows from `first + 4·t` on exist. */
export const present = (walkedRows: number) => `(first + 4u * t + vec4u(0u, 1u, 2u, 3u)) < vec4u(${walkedRows}u)`;

export const highestOf = (quad: string) => `max(max(${quad}.x, ${quad}.y), max(${quad}.z, ${quad}.w))`;

export const sumOfQuad = (quad: string) => `(${quad}.x + ${quad}.y + (${quad}.z + ${quad}.w))`;

/** Row `at` of a matrix, in quads; rows beyond it are its last one. */
const line = (rows: number, quads: number, at: string) => `(batch * ${rows}u + min(${at}, ${rows - 1}u)) * ${quads}u`;

/** Row `first + 4·t + j` of what is added up. */
export const addedLine = ({ walkedRows, width }: Walk, j: number) =>
  line(walkedRows, width / 4, `first + 4u * t + ${j}u`);

/** Products of own with walked rows: two bindings of quads, and the width of their rows. */
export interface Products {
  own: string;
  walked: string;
  width: number;
}

/** WGSL that declares `name_0` … `name_3`, the products of each own row with four walked ones. */
export function products(name: string, { own, walked, width }: Products, rows: number, walkedRows: number): string {
  const quads = width / 4;
  return `${four.map((i) => `var ${name}_${i} = vec4f();`).join(" ")}
    {
    ${four.map((i) => `let own${i} = ${line(rows, quads, `row + ${i}u`)};`).join(" ")}
    ${four.map((j) => `let walked${j} = ${line(walkedRows, quads, `first + 4u * t + ${j}u`)};`).join(" ")}
    ${loop("u32", "d", quads)} {
      ${four.map((i) => `let x${i} = ${own}[own${i} + d];`).join(" ")}
      ${four.map((j) => `let y${j} = ${walked}[walked${j} + d];`).join(" ")}
      ${four.map((k) => `let y_${k} = vec4f(${four.map((j) => `y${j}[${k}]`).join(", ")});`).join(" ")}
      ${four.map((k) => four.map((i) => `${name}_${i} = fma(vec4f(x${i}[${k}]), y_${k}, ${name}_${i});`).join(" ")).join("\n      ")}
    }
    }`;
}
