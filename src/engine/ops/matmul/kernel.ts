/** The kernels of a matrix product, from which an adapter's fastest is chosen. */
import { type KernelCode, type KernelSource, sizeClass } from "../define";
import { quadsKernel } from "./quads";
import { registerKernel } from "./registers";
import { sharedKernel } from "./shared";
import { elementType, operandsOf, type Product, type Tile } from "./tile";

/** Every kernel by name: how operands are read, and the results of one invocation. */
const kernels: Readonly<Record<string, { make: typeof registerKernel; tile: Tile }>> = {
  "registers 4×4": { make: registerKernel, tile: { rows: 4, quads: 1 } },
  "registers 4×8": { make: registerKernel, tile: { rows: 4, quads: 2 } },
  "registers 8×8": { make: registerKernel, tile: { rows: 8, quads: 2 } },
  "shared 4×4": { make: sharedKernel, tile: { rows: 4, quads: 1 } },
  "shared 8×8": { make: sharedKernel, tile: { rows: 8, quads: 2 } },
  "quads 8×4": { make: quadsKernel, tile: { rows: 8, quads: 1 } },
  "quads 16×8": { make: quadsKernel, tile: { rows: 16, quads: 2 } },
};

export const kernelNames = Object.keys(kernels);

/** Two quads of columns where there is width enough to keep the device busy. */
const usual = ({ m, n, batches }: Product) =>
  n >= 32 && n % 8 === 0 && m * n * batches >= 65_536 ? "registers 4×8" : "registers 4×4";

/** Products of one class are taken to be fastest by the same kernel. */
export function classOf(p: Product): string {
  const { a, b, wideOut } = operandsOf(p);
  const sizes = [p.batches, p.m, p.k, p.n].map(sizeClass).join("×");
  const wide = [a.wide, b.wide, wideOut].map((w) => (w ? 4 : 1)).join("");
  return `product ${p.transA ? "t" : "n"}${p.transB ? "t" : "n"} ${sizes} ${wide}`;
}

export function productKernel(p: Product, a: string, b: string, functions: string): KernelSource {
  const { a: left, b: right, wideOut } = operandsOf(p);
  const make = (name: string): KernelCode => {
    const code = kernels[name].make(p, kernels[name].tile, a, b);
    return { ...code, declarations: `${functions}\n${code.declarations ?? ""}` };
  };
  const first = usual(p);
  const others = kernelNames.filter((name) => name !== first);
  return {
    ...make(first),
    types: [left.wide, right.wide, wideOut].map(elementType),
    choice: { class: classOf(p), others: Object.fromEntries(others.map((name) => [name, () => make(name)])) },
  };
}
