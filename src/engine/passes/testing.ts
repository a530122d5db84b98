/** What tests of passes share: numbers by name, and what a graph consists of. */
import { createPrng } from "../../base/prng";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
// Registers the operators for tests that build graphs by hand.
import "../ops";

/** Tensors of standard normal numbers, drawn one after another. */
export function randomTensors(seed: number, name: string): (shape: readonly number[]) => Tensor {
  const prng = createPrng(seed, name);
  return (shape) =>
    tensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => prng.normal()),
    );
}

export const operatorsOf = (outputs: readonly Value[]): string[] => topological(outputs).map((v) => v.op);
