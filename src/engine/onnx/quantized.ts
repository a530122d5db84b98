/**
 * Turns quantised files into float ones. 8-bit weights become float32 weights that are decoded when
 * something reads them. Integer products become the float products that they stand for. Activations
 * are not rounded, but a quantiser still clips to its range, because an exporter may have dropped
 * the ReLU that clipping makes superfluous. Forms: QDQ, QOperator's products, dynamic quantisation.
 * https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
 */
import { RadaptError } from "../../base/error";
import { lazyTensor, numbersOf } from "../graph/lazy-tensor";
import { sizeOf, type Tensor } from "../graph/tensor";
import type { FileGraph, FileNode } from "./file-graph";

export interface Unquantized {
  graph: FileGraph;
  notes: string[];
  tolerance: number;
}

/** Nodes that round activations. */
const ROUNDING = new Set([
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
  "MatMulIntegerToFloat",
  "QAttention",
  "QLinearConv",
  "QLinearMatMul",
]);
const WEIGHTS = "Weights were stored as 8-bit integers and are used as float32";
const WEIGHTS_NOTE = `${WEIGHTS}.`;
const ACTIVATIONS_NOTE = `${WEIGHTS}; activations are not quantised, so features differ a little from the quantised file's own.`;
/** Tolerance for 8-bit activations: the largest difference over the largest feature. */
const ACTIVATIONS_TOLERANCE = 0.25;

/**
 * (q − zero)·scale, decoded when something reads it.
 *
 * @param axis along which scale and zero vary, if they have more than one element
 * @param block elements of the axis that share one scale; 0 means one each
 */
function dequantized(q: Tensor, scale: Tensor, zero: Tensor | null, axis: number, block: number): Tensor {
  const at = axis < 0 ? axis + q.shape.length : axis;
  const length = q.shape[at] ?? 1;
  const inner = sizeOf(q.shape.slice(at + 1));
  const groups = block > 0 ? Math.ceil(length / block) : length;
  const outer = block > 0 ? sizeOf(q.shape.slice(0, at)) : 1;
  const wanted = block > 0 ? outer * groups * inner : length;
  const counts = [scale, ...(zero ? [zero] : [])].map((t) => sizeOf(t.shape));
  if (counts.some((n) => n !== 1 && n !== wanted)) {
    throw new RadaptError("A quantised weight's scales do not fit it", {
      code: "onnx.quantized",
      expected: `1 scale, or ${wanted} for axis ${axis} of [${q.shape.join(", ")}], and as many zero points`,
      got: counts.join(" and "),
      remedy: "The file is damaged: export or download it again.",
    });
  }
  const [scales, zeros] = [scale.data, zero?.data];
  const place = (i: number): number => {
    const along = Math.floor(i / inner) % length;
    if (block === 0) return along;
    return (Math.floor(i / (inner * length)) * groups + Math.floor(along / block)) * inner + (i % inner);
  };
  const decode = (from: number, to: number) => {
    const out = new Float32Array(to - from);
    const numbers = numbersOf(q, from, to);
    for (let i = from; i < to; i++) {
      const p = place(i);
      const z = zeros ? zeros[zeros.length > 1 ? p : 0] : 0;
      out[i - from] = (numbers[i - from] - z) * scales[scales.length > 1 ? p : 0];
    }
    return out;
  };
  return lazyTensor(q.shape, "f32", { decode });
}

/**
 * Rewrites one graph's node list. The result has no integer arithmetic, except nodes that the
 * readers treat as identities.
 */
export function readQuantized(graph: FileGraph): Unquantized {
  const usesQuantization = graph.nodes.some((n) => /quantize|Integer|^Q(Linear|Attention)/i.test(n.opType));
  if (!usesQuantization) return { graph, notes: [], tolerance: 0 };
  const rewriter = new Rewriter(graph);
  const nodes = graph.nodes.flatMap((node) => rewriter.node(node));
  const rounds = rewriter.rounds || graph.nodes.some((n) => ROUNDING.has(n.opType));
  const initializers = new Map([...graph.initializers, ...rewriter.weights]);
  return {
    graph: { ...graph, nodes, initializers },
    notes: rewriter.weights.size > 0 || rounds ? [rounds ? ACTIVATIONS_NOTE : WEIGHTS_NOTE] : [],
    tolerance: rounds ? ACTIVATIONS_TOLERANCE : 0,
  };
}

/** Input positions of an integer product's weight and of its scale and zero point. */
interface IntegerProduct {
  /** The float operator that it stands for. */
  opType: string;
  domain?: string;
  activation: number;
  weight: number;
  scale: number;
  zero: number;
  /** Axis of the weight along which its scale may vary. */
  axis: number;
  /** Inputs after the weight in the float operator. */
  rest?: number[];
  /** Input position of a bias that is added after the product. */
  bias?: number;
  /** Scale and zero point of the result, if it is rounded. */
  output?: [scale: number, zero: number];
}

const integerProducts: Readonly<Record<string, IntegerProduct>> = {
  DynamicQuantizeMatMul: { opType: "MatMul", activation: 0, weight: 1, scale: 2, zero: 3, axis: -1, bias: 4 },
  MatMulIntegerToFloat: { opType: "MatMul", activation: 0, weight: 1, scale: 3, zero: 5, axis: -1, bias: 6 },
  QLinearMatMul: { opType: "MatMul", activation: 0, weight: 3, scale: 4, zero: 5, axis: -1, output: [6, 7] },
  QLinearConv: { opType: "Conv", activation: 0, weight: 3, scale: 4, zero: 5, axis: 0, output: [6, 7] },
  QAttention: {
    opType: "Attention",
    domain: "com.microsoft",
    activation: 0,
    weight: 1,
    scale: 4,
    zero: 7,
    axis: -1,
    rest: [2, 5],
  },
};

const ONE: Tensor = { shape: [], dtype: "f32", data: Float32Array.of(1) };

class Rewriter {
  /** Float weights made, by name. */
  readonly weights = new Map<string, Tensor>();
  /** True as soon as an activation is found that the file rounds. */
  rounds = false;
  /** Values that are renamed copies of others. */
  private readonly aliases = new Map<string, string>();
  private readonly dropped = new Set<FileNode>();
  private readonly consumers = new Map<string, FileNode[]>();
  private readonly producers = new Map<string, FileNode>();

  constructor(private readonly graph: FileGraph) {
    for (const node of graph.nodes) {
      for (const out of node.outputs) this.producers.set(out, node);
      for (const input of node.inputs) {
        const known = this.consumers.get(input);
        if (known) known.push(node);
        else this.consumers.set(input, [node]);
      }
    }
  }

  node(given: FileNode): FileNode[] {
    if (this.dropped.has(given)) return [];
    const node = { ...given, inputs: given.inputs.map((name) => this.aliases.get(name) ?? name) };
    const product = integerProducts[node.opType];
    if (ROUNDING.has(node.opType)) this.rounds = true;
    if (product) return this.product(node, product) ?? [node];
    if (node.opType === "MatMulInteger") return this.integerProduct(node, "MatMul", -1);
    if (node.opType === "ConvInteger") return this.integerProduct(node, "Conv", 0);
    if (node.opType === "QuantizeLinear") return this.quantize(node);
    if (node.opType === "DequantizeLinear") return this.dequantize(node);
    return [node];
  }

  private quantize(node: FileNode): FileNode[] {
    if (!this.constant(node.inputs[0])) {
      this.rounds = true;
      return [node];
    }
    // The file rounds this weight when it runs (quantisation-aware training). Radapt uses it
    // unrounded.
    this.aliases.set(node.outputs[0], node.inputs[0]);
    return [];
  }

  private dequantize(node: FileNode): FileNode[] {
    const [input, scaleName, zeroName] = node.inputs;
    const [q, scale] = [this.constant(input), this.constant(scaleName)];
    if (!q || !scale) return [node];
    const axis = typeof node.attrs.axis === "number" ? node.attrs.axis : 1;
    const block = typeof node.attrs.block_size === "number" ? node.attrs.block_size : 0;
    const isFloat = q.dtype === "f32";
    const name = isFloat ? input : this.weight(input, scale, this.constant(zeroName), axis, block);
    this.aliases.set(node.outputs[0], name);
    return [];
  }

  /** An operator that takes quantised numbers with their scales. */
  private product(node: FileNode, p: IntegerProduct): FileNode[] | null {
    const input = (at?: number) => (at === undefined ? "" : (node.inputs[at] ?? ""));
    const scale = this.constant(input(p.scale));
    const isStored = this.constant(input(p.weight)) !== null;
    if (isStored && !scale) return null;
    const weight = isStored
      ? this.weight(input(p.weight), scale!, this.constant(input(p.zero)), p.axis, 0)
      : input(p.weight);
    const rest = p.opType === "Conv" ? [this.convBias(node, scale!)] : (p.rest ?? []).map(input);
    const inputs = [input(p.activation), weight, ...rest];
    while (inputs[inputs.length - 1] === "") inputs.pop();
    const [out] = node.outputs;
    const then: FileNode[] = [];
    const plain = { domain: "", opset: node.opset, name: node.name, attrs: Object.create(null) };
    const bias = input(p.bias);
    if (bias) then.push({ ...plain, opType: "Add", inputs: [`${out}/product`, bias], outputs: [out] });
    if (p.output) {
      const range = p.output.map(input);
      then.push({ ...plain, opType: "QuantizeLinear", inputs: [`${out}/product`, ...range], outputs: [out] });
    }
    const outputs = then.length > 0 ? [`${out}/product`] : node.outputs;
    return [{ ...node, opType: p.opType, domain: p.domain ?? "", inputs, outputs }, ...then];
  }

  /** QLinearConv's bias is in units of the input's scale times the weight's. */
  private convBias(node: FileNode, scale: Tensor): string {
    const [name, input] = [node.inputs[8], this.constant(node.inputs[1])];
    if (!name || !input) return "";
    const scales = Float32Array.from(scale.data, (s) => s * input.data[0]);
    return this.weight(name, { ...scale, data: scales }, null, 0, 0);
  }

  /**
   * MatMulInteger → Cast → Mul by (scale of the input · scale of the weight), as dynamic
   * quantisation writes it. The weight takes its scale, and the two nodes after it disappear.
   * DynamicQuantizeLinear has scale 1 and zero point 0 then.
   */
  private integerProduct(node: FileNode, opType: string, axis: number): FileNode[] {
    const [a, w, , zeroName] = node.inputs;
    const float = { ...node, opType, domain: "" };
    const q = this.constant(w);
    if (!q) return [{ ...float, inputs: [a, w] }];
    const found = this.scaleAfter(node.outputs[0]);
    const fits = found && (sizeOf(found.scale.shape) === 1 || (axis === -1 && found.scale.shape.length === 1));
    const weight = this.weight(w, fits ? found.scale : ONE, this.constant(zeroName), axis, 0);
    if (!fits) return [{ ...float, inputs: [a, weight] }];
    for (const n of found.nodes) this.dropped.add(n);
    return [{ ...float, inputs: [a, weight], outputs: found.outputs }];
  }

  private scaleAfter(product: string): { scale: Tensor; nodes: FileNode[]; outputs: string[] } | null {
    const [cast, ...others] = this.consumers.get(product) ?? [];
    const [mul, ...more] = cast?.opType === "Cast" ? (this.consumers.get(cast.outputs[0]) ?? []) : [];
    if (mul?.opType !== "Mul" || others.length + more.length > 0) return null;
    const factor = mul.inputs.find((name) => name !== cast.outputs[0]) ?? "";
    const scales = this.producers.get(factor);
    const known = scales?.opType === "Mul" ? scales.inputs.map((name) => this.constant(name)) : [];
    const [scale, second] = known.filter((t) => t !== null);
    return scale && !second ? { scale, nodes: [cast, mul], outputs: mul.outputs } : null;
  }

  /**
   * Makes a float weight of a quantised one, under the name that it had before it was quantised.
   */
  private weight(name: string, scale: Tensor, zero: Tensor | null, axis: number, block: number): string {
    const plain = name.replace(/_(quantized|q|int8|uint8)$/, "");
    const isTaken = plain === name || this.graph.initializers.has(plain) || this.producers.has(plain);
    const key = isTaken ? `${name}_float` : plain;
    if (!this.weights.has(key)) this.weights.set(key, dequantized(this.constant(name)!, scale, zero, axis, block));
    return key;
  }

  /** A tensor of the file, also behind copies of it. */
  private constant(name: string | undefined): Tensor | null {
    let at = name ?? "";
    for (let steps = 0; steps < 100 && this.producers.get(at)?.opType === "Identity"; steps++) {
      at = this.producers.get(at)!.inputs[0] ?? "";
    }
    const stored = this.graph.initializers.get(at) ?? this.weights.get(at);
    const value = this.producers.get(at)?.opType === "Constant" ? this.producers.get(at)!.attrs.value : undefined;
    if (stored) return stored;
    return typeof value === "object" && "data" in value ? value : null;
  }
}
