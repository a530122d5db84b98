/**
 * Model-local functions, which PyTorch's newer exporter writes. Inlining replaces every call by the
 * function's nodes, with renamed values and filled-in attributes.
 * https://github.com/onnx/onnx/blob/main/docs/IR.md#functions
 */
import { RadaptError } from "../../base/error";
import type { AttributeMessage, FunctionMessage, GraphMessage, ModelMessage, NodeMessage } from "./messages";

export interface PlacedNode {
  node: NodeMessage;
  /** The version of the node's operator set. */
  opset: number;
}

/**
 * Largest number of nodes after inlining. Functions that call others twice grow fast, and a damaged
 * file must not fill the memory.
 */
const MAX_NODES = 300_000;

const keyOf = (f: { domain: string; overload: string }, name: string) =>
  `${f.domain === "ai.onnx" ? "" : f.domain}\n${name}\n${f.overload}`;

/** Inlines every call of the model's functions in a graph's nodes. */
export function createInliner(model: ModelMessage): (nodes: readonly NodeMessage[]) => PlacedNode[] {
  const functions = new Map(model.functions.map((f) => [keyOf(f, f.name), f]));
  const opsetOf = (opsets: ReadonlyMap<string, number>, domain: string) =>
    opsets.get(domain === "ai.onnx" ? "" : domain) ?? opsets.get("") ?? 1;
  let calls = 0;
  let made = 0;

  const place = (
    nodes: readonly NodeMessage[],
    opsets: ReadonlyMap<string, number>,
    stack: readonly FunctionMessage[],
  ): PlacedNode[] =>
    nodes.flatMap((node) => {
      if (++made > MAX_NODES) throw tooMany(node);
      const called = functions.get(keyOf(node, node.opType));
      if (!called) return { node, opset: opsetOf(opsets, node.domain) };
      if (stack.includes(called)) throw recursive(called, node);
      return place(instantiate(called, node, ++calls), called.opsets, [...stack, called]);
    });
  return (nodes) => place(nodes, model.opsets, []);
}

/** The function's nodes with the values and attributes of this call. */
function instantiate(f: FunctionMessage, call: NodeMessage, serial: number): NodeMessage[] {
  const scope = call.name || `${f.name}_${serial}`;
  const names = new Map<string, string>([["", ""]]);
  f.inputs.forEach((name, i) => void names.set(name, call.input[i] ?? ""));
  // Names that start with "/" belong to exporters, never to a module's weight.
  const inner = (name: string): string => `/${scope}/${serial}/${name}`;
  f.outputs.forEach((name, i) => void names.set(name, call.output[i] || inner(name)));
  const given = new Map([...f.defaults, ...call.attributes].map((a) => [a.name, a]));
  const rename = (name: string): string => names.get(name) ?? inner(name);
  const attributeOf = (a: AttributeMessage): AttributeMessage[] => {
    if (a.ref) {
      const value = given.get(a.ref);
      return value ? [{ ...value, name: a.name }] : [];
    }
    return [a.g ? { ...a, g: graphOf(a.g) } : a];
  };
  /** A branch sees the function's values, so all its names change in the same way. */
  const graphOf = (g: GraphMessage): GraphMessage => ({
    ...g,
    nodes: g.nodes.map(nodeOf),
    initializers: g.initializers.map((t) => ({ ...t, name: rename(t.name) })),
    inputs: g.inputs.map((v) => ({ ...v, name: rename(v.name) })),
    outputs: g.outputs.map((v) => ({ ...v, name: rename(v.name) })),
  });
  const nodeOf = (node: NodeMessage): NodeMessage => ({
    ...node,
    name: node.name ? joinNames(scope, node.name) : "",
    input: node.input.map(rename),
    output: node.output.map(rename),
    attributes: node.attributes.flatMap(attributeOf),
  });
  return f.nodes.map(nodeOf);
}

/**
 * Scopes of PyTorch's exporter start with "/": "/layers.0/fc1" and "MatMul" give
 * "/layers.0/fc1/MatMul".
 */
const joinNames = (scope: string, name: string) => `${scope}/${name.replace(/^\//, "")}`;

function recursive(f: FunctionMessage, node: NodeMessage): RadaptError {
  return new RadaptError(`A function of the model calls itself: ${f.name}`, {
    code: "onnx.function-cycle",
    where: `${f.where}, called from ${node.name || node.opType} (${node.where})`,
    expected: "functions that call others only",
    remedy: "The file is damaged, or its exporter is at fault: export it again.",
  });
}

function tooMany(node: NodeMessage): RadaptError {
  return new RadaptError("The model has more operators than Radapt takes", {
    code: "onnx.too-many-nodes",
    where: node.where,
    expected: `at most ${MAX_NODES.toLocaleString("en-US")}, with its functions written out`,
    remedy: "Export the model without functions.",
  });
}
