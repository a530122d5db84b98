/** Einsum of two operands as one matrix product: shared letters are batch axes, vanishing ones are summed. https://onnx.ai/onnx/operators/onnx__Einsum.html */
import type { Value } from "../ir/value";
import { sizeOf } from "../tensor";
import { type OnnxReader, required, str } from "./define";
import { unsupportedForm } from "./reshape";

/** The operand with its letters in the given order. */
function arrange(n: Parameters<OnnxReader>[0], x: Value, letters: string, order: readonly string[]): Value {
  return n.b.transpose(
    x,
    order.map((letter) => letters.indexOf(letter)),
  );
}

const readEinsum: OnnxReader = (n) => {
  const equation = str(n.attrs, "equation", "").replace(/\s/g, "");
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)$/.exec(equation);
  const repeats = (word: string) => new Set(word).size !== word.length;
  if (!match || repeats(match[1]) || repeats(match[2])) throw unsupportedForm(n, `the equation "${equation}"`);
  const [, left, right, result] = match;
  const [x, y] = [required(n, 0), required(n, 1)];
  const size = (letter: string) =>
    left.includes(letter) ? x.shape[left.indexOf(letter)] : y.shape[right.indexOf(letter)];
  const shared = [...left].filter((c) => right.includes(c) && result.includes(c));
  const summed = [...left].filter((c) => right.includes(c) && !result.includes(c));
  const [onlyLeft, onlyRight] = [
    [...left].filter((c) => !right.includes(c)),
    [...right].filter((c) => !left.includes(c)),
  ];
  if ([...onlyLeft, ...onlyRight].some((c) => !result.includes(c)))
    throw unsupportedForm(n, `the equation "${equation}"`);
  const total = (letters: readonly string[]) => sizeOf(letters.map(size));
  const a = n.b.reshape(arrange(n, x, left, [...shared, ...onlyLeft, ...summed]), [
    total(shared),
    total(onlyLeft),
    total(summed),
  ]);
  const c = n.b.reshape(arrange(n, y, right, [...shared, ...summed, ...onlyRight]), [
    total(shared),
    total(summed),
    total(onlyRight),
  ]);
  const product = [...shared, ...onlyLeft, ...onlyRight];
  return arrange(n, n.b.reshape(n.b.matmul(a, c), product.map(size)), product.join(""), [...result]);
};

export const readers: Readonly<Record<string, OnnxReader>> = { Einsum: readEinsum };
