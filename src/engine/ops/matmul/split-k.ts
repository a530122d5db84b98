/** The order in which a product adds up its steps of k, the same in every kernel. */
import { OPAQUE_ZERO, range } from "../define";
import { accumulators, type Product, type Term, type Tile } from "./tile";

/** The end of the steps that come in fours, given the end of all. */
const wholeFours = ({ k }: Term, to: string) => (k % 4 === 0 ? to : `${k - (k % 4)}u`);

/** A loop over the steps of k, four at a time. */
export const inFours = (term: Term, from: string, to: string, steps: readonly string[]) =>
  `for (var k = ${from}; k < ${wholeFours(term, to)}; k += 4u) {\n    ${steps.join("\n    ")}\n  }`;

/**
 * A part has at least so many steps, and at most so many invocations share a product's 4×4 tiles.
 */
const MIN_STEPS = 32;
const MAX_SHARING = 8192;

/** Steps of a strip (`shared.ts`). A part has a multiple of them. */
export const DEPTH = 16;

/**
 * Splits of a product's steps, added up in order at the end. A product with few results and many
 * steps has several, because a device would have too little work without them. The shapes alone
 * decide, so that all kernels and adapters add in the same order.
 *
 * @returns how many invocations can share a tile; the number of splits and their steps (the last
 *   may have fewer)
 */
export function splitsOf({ m, n, batches, terms }: Product): { sharing: number; count: number; length: number } {
  const [{ k }] = terms;
  const tiles = Math.ceil(m / 4) * Math.ceil(n / 4) * batches;
  const fits = (sharing: number) => k >= MIN_STEPS * sharing && tiles * sharing <= MAX_SHARING;
  const sharing = terms.length === 1 && k % 4 === 0 ? ([16, 4].find(fits) ?? 1) : 1;
  const length = DEPTH * Math.ceil(k / (DEPTH * sharing));
  return { sharing, count: Math.ceil(k / length), length };
}

/**
 * WGSL that declares the tile's accumulators and adds all steps to them, split by split.
 *
 * @param terms WGSL of each term's steps between two WGSL expressions
 */
export function splitKLoop(p: Product, tile: Tile, terms: readonly ((from: string, to: string) => string)[]): string {
  const { sharing, count, length } = splitsOf(p);
  if (sharing === 1) {
    const all = terms.map((term, t) => term(OPAQUE_ZERO, `${p.terms[t].k}u`));
    return [accumulators(tile), ...all].join("\n  ");
  }
  const names = range(tile.quads).flatMap((q) => range(tile.rows).map((i) => `${q}_${i}`));
  return `${names.map((name) => `var total${name} = vec4f();`).join(" ")}
  for (var part = ${OPAQUE_ZERO}; part < ${count}u; part++) {
    ${accumulators(tile)}
    ${terms[0](`part * ${length}u`, `min((part + 1u) * ${length}u, ${p.terms[0].k}u)`)}
    ${names.map((name) => `total${name} += acc${name};`).join(" ")}
  }
  ${names.map((name) => `let acc${name} = total${name};`).join(" ")}`;
}
