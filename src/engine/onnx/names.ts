/**
 * PyTorch's names for a file's weights. The exporter keeps the names of tensors that it stores
 * unchanged (biases, norms, convolutions). It transposes the weight of a linear layer into an
 * anonymous constant (`onnx::MatMul_123`). This file recovers that name from the bias beside the
 * product, or else from the module scope in the node's name.
 */
import type { FileGraph, FileNode } from "./file-graph";

export interface WeightName {
  /** e.g. "layers.0.self_attn.q_proj.weight" */
  name: string;
  /** True if the file holds the transpose of PyTorch's tensor: (in, out). */
  transposed: boolean;
}

/** Names that exporters invent. No module has them. */
export function isAnonymous(name: string): boolean {
  return (
    name === "" ||
    /^(onnx::|\/|_?val_|_to_copy|const|\d+$)/.test(name) ||
    /(^|[/_])Constant_\d*|(^|\.)constant\.\d+$/.test(name)
  );
}

/**
 * "/vision_model/encoder/layers.0/mlp/fc1/MatMul" → "vision_model.encoder.layers.0.mlp.fc1".
 * A called container repeats its name in its children's: "/layers/layers.0/norm" → "layers.0.norm".
 */
export function modulePath(nodeName: string): string {
  if (!nodeName.startsWith("/")) return "";
  const parts = nodeName.split("/").slice(1, -1);
  return parts.filter((part, i) => !parts[i + 1]?.startsWith(`${part}.`)).join(".");
}

/** Follows Identity and Cast back to the name of the tensor that they copy. */
function aliasRoot(producers: ReadonlyMap<string, FileNode>, name: string): string {
  let at = name;
  // The loop is bounded, because a damaged file may copy in a circle.
  for (let steps = 0; steps < 100; steps++) {
    const node = producers.get(at);
    if (node?.opType !== "Identity" && node?.opType !== "Cast") break;
    at = node.inputs[0] ?? "";
  }
  return at;
}

/**
 * The missing front of a path whose outer module was never called: "layers.0.attn" of
 * "transformer.layers.0.norm.weight".
 */
export function missingFront(path: string, known: readonly string[]): string {
  const parts = path.split(".");
  for (let length = parts.length; length > 0; length--) {
    const parent = `${parts.slice(0, length).join(".")}.`;
    if (known.some((k) => k.startsWith(parent))) return "";
    const fronts = new Set(
      known.filter((k) => k.includes(`.${parent}`)).map((k) => k.slice(0, k.indexOf(`.${parent}`) + 1)),
    );
    if (fronts.size === 1) return [...fronts][0];
    if (fronts.size > 1) return "";
  }
  return "";
}

export interface NodeNames {
  /** Name of the node's second input. */
  weight: WeightName;
  /** Name of its third input if that is anonymous too (convolutions with folded normalisation). */
  bias?: WeightName;
}

/** Operators that read a weight as their second input and may have a bias as their third. */
const PRODUCTS = new Set(["MatMul", "Gemm", "Conv", "FusedMatMul", "FusedGemm", "FusedConv", "Attention"]);

/** True where the file holds (in, out). */
const holdsTranspose = ({ opType, attrs }: FileNode) => !opType.endsWith("Conv") && attrs.transB !== 1;

/** Inputs by which an operator after a product adds the product's bias. */
const ADDED: Readonly<Record<string, (n: FileNode) => readonly string[]>> = {
  Add: (n) => n.inputs,
  BiasGelu: (n) => n.inputs.slice(1, 2),
  FastGelu: (n) => n.inputs.slice(1, 2),
  SkipLayerNormalization: (n) => n.inputs.slice(4, 5),
  SkipSimplifiedLayerNormalization: (n) => n.inputs.slice(3, 4),
};

/** Products and convolutions whose second input is stored, with the names of their weights. */
export function nameWeights(file: FileGraph): Map<FileNode, NodeNames> {
  const producers = new Map<string, FileNode>();
  const consumers = new Map<string, FileNode[]>();
  for (const node of file.nodes) {
    for (const out of node.outputs) producers.set(out, node);
    for (const input of node.inputs) {
      const known = consumers.get(input);
      if (known) known.push(node);
      else consumers.set(input, [node]);
    }
  }
  const isStored = (name: string) => {
    const root = aliasRoot(producers, name);
    return file.initializers.has(root) || producers.get(root)?.opType === "Constant";
  };
  const copies = file.nodes.filter((n) => n.opType === "Identity").flatMap((n) => n.outputs);
  const known = [...file.initializers.keys(), ...copies].filter((n) => !isAnonymous(n));

  /**
   * x.bias → x.weight, x.in_proj_bias → x.in_proj_weight. A bias that several layers share names no
   * weight.
   */
  const fromBias = (node: FileNode): string | null => {
    const [product] = node.outputs;
    const added = (consumers.get(product) ?? []).flatMap((n) => ADDED[n.opType]?.(n) ?? []);
    const bias = [...added, node.inputs[2] ?? ""].find((i) => /bias$/.test(i) && !isAnonymous(i) && isStored(i));
    const uses = consumers.get(bias ?? "")?.filter((n) => n.opType !== "Identity").length ?? 0;
    const isShared = uses > 1 && modulePath(node.name) !== "";
    return bias && !isShared ? bias.replace(/bias$/, "weight") : null;
  };
  const fromScope = (node: FileNode): string | null => {
    const path = modulePath(node.name);
    return path ? `${missingFront(path, known)}${path}.weight` : null;
  };

  const names = new Map<FileNode, NodeNames>();
  const roots = new Map<string, string>();
  for (const node of file.nodes) {
    if (!PRODUCTS.has(node.opType)) continue;
    const [, weight, bias] = node.inputs;
    if (!weight || !isStored(weight)) continue;
    if (!isAnonymous(weight)) {
      const isModule = weight.endsWith(".weight") || node.opType === "Attention";
      names.set(node, { weight: { name: weight, transposed: isModule && holdsTranspose(node) } });
      continue;
    }
    const root = aliasRoot(producers, weight);
    const derived = fromBias(node) ?? fromScope(node) ?? weight;
    // The second call of a module gets a suffix: "attn.wq_1" with the weights of "attn.wq".
    const first = derived.replace(/_\d+(?=\.|$)/g, "");
    const name = roots.get(first) === root ? first : derived;
    roots.set(name, root);
    const named: NodeNames = { weight: { name, transposed: holdsTranspose(node) } };
    if (bias && isStored(bias) && isAnonymous(bias) && name.endsWith("weight")) {
      named.bias = { name: name.replace(/weight$/, "bias"), transposed: false };
    }
    names.set(node, named);
  }
  return names;
}
