/**
 * The kernels of a matrix product or of a sum of products. The tuner chooses the fastest on each
 * adapter.
 */
import { type KernelCode, type KernelSource, sizeClass } from "../define";
import { elementType } from "./operand";
import { registerKernel } from "./registers";
import { sharedKernel } from "./shared";
import { splitsOf } from "./split-k";
import { splitKernel } from "./split-k-kernel";
import { subgroupTileKernel } from "./subgroup-tiles";
import { operandsOf, type Product, type Tile } from "./tile";

/** Every kernel by name: how it reads its operands, and which results one invocation computes. */
const kernels: Readonly<Record<string, { make: typeof registerKernel; tile: Tile }>> = {
  "registers 4×4": { make: registerKernel, tile: { rows: 4, quads: 1 } },
  "registers 4×8": { make: registerKernel, tile: { rows: 4, quads: 2 } },
  "registers 8×8": { make: registerKernel, tile: { rows: 8, quads: 2 } },
  "shared 4×4": { make: sharedKernel, tile: { rows: 4, quads: 1 } },
  "shared 8×8": { make: sharedKernel, tile: { rows: 8, quads: 2 } },
  "quads 8×4": { make: subgroupTileKernel, tile: { rows: 8, quads: 1 } },
  "quads 16×8": { make: subgroupTileKernel, tile: { rows: 16, quads: 2 } },
  "split 4×4": { make: splitKernel, tile: { rows: 4, quads: 1 } },
};

export const kernelNames = Object.keys(kernels);

const suits = (name: string, p: Product) => kernels[name].make !== splitKernel || splitsOf(p).sharing > 1;

/** Two quads of columns where the result is wide enough to keep the device busy. */
const usual = ({ m, n, batches }: Product) =>
  n >= 32 && n % 8 === 0 && m * n * batches >= 65_536 ? "registers 4×8" : "registers 4×4";

/** The class of a product: the tuner measures one product of a class for all. */
export function classOf(p: Product): string {
  const { batches, m, n, terms } = p;
  const forms = terms.map(({ transA, transB }) => [transA, transB].map((t) => (t ? "t" : "n")).join(""));
  const depths = terms.map(({ k }) => sizeClass(k));
  const sizes = [sizeClass(batches), sizeClass(m), depths.join("+"), sizeClass(n)].join("×");
  const wide = widths(p).map((w) => (w ? 4 : 1));
  return `product ${forms.join("+")} ${sizes} ${wide.join("")} by ${splitsOf(p).sharing}`;
}

/** Which bindings are quads: both operands of each term, then the result. */
function widths(p: Product): boolean[] {
  const operands = p.terms.flatMap((term) => {
    const { a, b } = operandsOf(p, term);
    return [a.wide, b.wide];
  });
  return [...operands, p.n % 4 === 0];
}

/**
 * @param names variables of both operands of each term
 * @param functions WGSL of where their matrices start (`offsetsOf`)
 */
export function productKernel(p: Product, names: readonly string[], functions: string): KernelSource {
  const make = (name: string): KernelCode => {
    const code = kernels[name].make(p, kernels[name].tile, names);
    return { ...code, declarations: `${functions}\n${code.declarations ?? ""}` };
  };
  const first = usual(p);
  const others = kernelNames.filter((name) => name !== first && suits(name, p));
  return {
    ...make(first),
    types: widths(p).map(elementType),
    choice: { class: classOf(p), others: Object.fromEntries(others.map((name) => [name, () => make(name)])) },
  };
}
