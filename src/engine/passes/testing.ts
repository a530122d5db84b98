/** Shared by the tests of passes: random numbers by name, and lists of a graph's operators. */
import { createPrng } from "../../base/prng";
import { sizeOf, type Tensor, tensor } from "../graph/tensor";
import { topological, type Value } from "../graph/value";
// Registers the operators for tests that build graphs by hand.
import "../ops";

/** Tensors of standard normal numbers. Successive calls draw different numbers. */
export function randomTensors(seed: number, name: string): (shape: readonly number[]) => Tensor {
  const prng = createPrng(seed, name);
  return (shape) =>
    tensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => prng.normal()),
    );
}

export const operatorsOf = (outputs: readonly Value[]): string[] => topological(outputs).map((v) => v.op);
