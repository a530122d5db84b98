/**
 * Einsum as matrix products, one operand after the other. Letters that both operands have and that
 * are needed later become batch axes. Letters that nothing needs later are summed.
 * https://onnx.ai/onnx/operators/onnx__Einsum.html
 */

import { sizeOf } from "../graph/tensor";
import type { Value } from "../graph/value";
import type { GraphWriter } from "../graph/writer";
import { type OnnxNode, type OnnxReader, required, str } from "./define";
import { unsupportedForm } from "./reshape";

/** A value whose axes are named by single characters. */
interface Lettered {
  value: Value;
  letters: readonly string[];
}

/** Names of the axes that "..." stands for, outermost first. */
const ELLIPSIS = [..."0123456789"];

function parse(n: OnnxNode): { operands: Lettered[]; result: string[] } {
  const equation = str(n.attrs, "equation", "").replace(/\s/g, "");
  const [left, right] = equation.split("->");
  const terms = left.split(",");
  const isTerm = (term: string) => /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term);
  if (![...terms, right ?? ""].every(isTerm) || terms.length !== n.inputs.length)
    throw unsupportedForm(n, `the equation "${equation}"`);
  const named = (term: string) => term.replace("...", "").length;
  const ranks = terms.map((term, i) => required(n, i).shape.length - named(term));
  const most = Math.max(0, ...ranks.filter((_, i) => terms[i].includes("...")));
  const expand = (term: string, count: number) => [...term.replace("...", ELLIPSIS.slice(most - count, most).join(""))];
  const lettered = terms.map((term, i) => expand(term, ranks[i]));
  const all = lettered.flat();
  if (lettered.some((letters) => new Set(letters).size < letters.length))
    throw unsupportedForm(n, `a letter twice in one operand ("${equation}")`);
  // Without an arrow: what "..." stands for, then the letters that occur once, in alphabetical
  // order.
  const implicit = [
    ...ELLIPSIS.slice(0, most),
    ...all.filter((c) => /\D/.test(c) && all.indexOf(c) === all.lastIndexOf(c)).sort(),
  ];
  const result = right === undefined ? implicit : expand(right, most);
  const longest = new Map<string, number>();
  lettered.forEach((letters, i) => {
    letters.forEach((c, k) => {
      longest.set(c, Math.max(longest.get(c) ?? 1, required(n, i).shape[k]));
    });
  });
  // An axis of length 1 that broadcasts against a longer one counts as absent.
  const operands = lettered.map((letters, i): Lettered => {
    const { shape } = required(n, i);
    const isPresent = (k: number) => shape[k] === longest.get(letters[k]);
    return {
      value: n.b.reshape(
        required(n, i),
        shape.filter((_, k) => isPresent(k)),
      ),
      letters: letters.filter((_, k) => isPresent(k)),
    };
  });
  return { operands, result };
}

function arrange(b: GraphWriter, { value, letters }: Lettered, order: readonly string[]): Value {
  return b.transpose(
    value,
    order.map((c) => letters.indexOf(c)),
  );
}

/** Sums the axes that nothing else needs. */
function sumUnneeded(b: GraphWriter, x: Lettered, isNeeded: (c: string) => boolean): Lettered {
  const axes = x.letters.map((c, k) => (isNeeded(c) ? -1 : k)).filter((k) => k >= 0);
  if (axes.length === 0) return x;
  const shape = x.value.shape.filter((_, k) => !axes.includes(k));
  return { value: b.reshape(b.sum(x.value, axes), shape), letters: x.letters.filter(isNeeded) };
}

function contract(b: GraphWriter, x: Lettered, y: Lettered, isNeeded: (c: string) => boolean): Lettered {
  const lengthOf = (c: string) =>
    x.letters.includes(c) ? x.value.shape[x.letters.indexOf(c)] : y.value.shape[y.letters.indexOf(c)];
  const total = (letters: readonly string[]) => sizeOf(letters.map(lengthOf));
  const common = x.letters.filter((c) => y.letters.includes(c));
  const [shared, summed] = [common.filter(isNeeded), common.filter((c) => !isNeeded(c))];
  const [onlyX, onlyY] = [x, y].map((v) => v.letters.filter((c) => !common.includes(c)));
  const a = arrange(b, x, [...shared, ...onlyX, ...summed]);
  const c = arrange(b, y, [...shared, ...summed, ...onlyY]);
  const product = b.matmul(
    b.reshape(a, [total(shared), total(onlyX), total(summed)]),
    b.reshape(c, [total(shared), total(summed), total(onlyY)]),
  );
  const letters = [...shared, ...onlyX, ...onlyY];
  return { value: b.reshape(product, letters.map(lengthOf)), letters };
}

const readEinsum: OnnxReader = (n) => {
  const { operands, result } = parse(n);
  const neededAfter = (i: number) => (c: string) =>
    result.includes(c) || operands.slice(i + 1).some((x) => x.letters.includes(c));
  const elsewhere = (i: number) => (c: string) =>
    result.includes(c) || operands.some((x, k) => k !== i && x.letters.includes(c));
  const [first, ...rest] = operands.map((x, i) => sumUnneeded(n.b, x, elsewhere(i)));
  const y = rest.reduce((acc, x, i) => contract(n.b, acc, x, neededAfter(i + 1)), first);
  return arrange(n.b, y, result);
};

export const readers: Readonly<Record<string, OnnxReader>> = { Einsum: readEinsum };
