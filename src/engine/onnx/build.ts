/**
 * Turns a file's nodes into graph values for one batch size and image size. Every shape is then a
 * number.
 */
import { messageOf, RadaptError } from "../../base/error";
import { Builder } from "../graph/builder";
import { dataIdentity } from "../graph/lazy-tensor";
import { sameShape, sizeOf, type Tensor, tensor } from "../graph/tensor";
import type { Value } from "../graph/value";
import { onnxReaders } from "../ops";
import { constantInts, type OnnxNode } from "../ops/define";
import { duplicate } from "./file";
import { type FileGraph, type FileNode, isFileGraph, type OnnxFile } from "./file-graph";
import { isAnonymous, modulePath, type NodeNames, nameWeights, type WeightName } from "./names";
import { splitShared } from "./shared";
import { elementTypeName, isFloat } from "./tensors";

export interface BoundGraph {
  builder: Builder;
  input: Value;
  outputs: { name: string; value: Value }[];
}

/** Domains whose operators read like ONNX's own. ONNX Runtime's optimiser writes them. */
const DOMAINS = ["", "ai.onnx", "com.microsoft"];
/** Positions of BatchNormalization's running statistics, which are stored but not trained. */
const STATISTICS = new Set([3, 4]);

/** The graph input that takes the image: the only one of rank 4, or else the first. */
export function findImageInput(file: OnnxFile) {
  const input = file.inputs.find((v) => v.dims.length === 4) ?? file.inputs[0];
  if (input?.dims.length === 4) {
    if (input.elementType === 0 || isFloat(input.elementType)) return input;
    throw new RadaptError("The model takes images of another number type", {
      code: "onnx.input-type",
      where: `input ${input.name}`,
      expected: "float32 or float16",
      got: elementTypeName(input.elementType),
      remedy: "Export the model with float pixel values as its input.",
    });
  }
  throw new RadaptError("The model takes no image", {
    code: "onnx.no-image-input",
    expected: "an input [batch, channels, height, width]",
    got: file.inputs.map((v) => `${v.name} [${v.dims.join(", ")}]`).join("; ") || "no input",
    remedy: "Export the vision part of the model, with pixel values as its input.",
  });
}

/**
 * [C, H, W] of the input. Where the file leaves a side free, `imageSize` (or 224) takes its place.
 */
export function imageShape(file: OnnxFile, imageSize?: number): [number, number, number] {
  const [, c, h, w] = findImageInput(file).dims.map((d) => (typeof d === "number" && d > 0 ? d : 0));
  return [c || 3, h || imageSize || 224, w || imageSize || 224];
}

/** Operators that are known but not supported, each with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  Loop: "a loop whose length its data decide",
  Scan: "a loop over a sequence",
  MatMulNBits: "weights of 4 bits, from which nothing can be trained: take the float or the 8-bit file",
  GatherBlockQuantized: "weights of 4 bits, from which nothing can be trained: take the float or the 8-bit file",
};

function unknownOp(node: FileNode): RadaptError {
  const reason = REFUSED[node.opType];
  if (reason) {
    return new RadaptError(`The model uses an operator that Radapt does not take: ${node.opType}`, {
      code: "onnx.refused-op",
      where: `node ${node.name}`,
      expected: "one of the operators in SUPPORTED-OPS.md",
      got: `${node.opType}: ${reason}`,
      remedy: "Take another file of this model, or export it without this operator.",
    });
  }
  return new RadaptError(`The model uses an operator that Radapt does not know: ${node.opType}`, {
    code: "onnx.unknown-op",
    where: `node ${node.name}${node.domain ? ` of domain ${node.domain}` : ""}`,
    expected: "one of the operators in SUPPORTED-OPS.md",
    got: `${node.domain ? `${node.domain}.` : ""}${node.opType}`,
    remedy: "Export the model with plain ONNX operators, or open an issue that names this operator.",
  });
}

/**
 * Adds to an error the node at which it happened. A reader may fail in any way on attributes and
 * inputs that no exporter writes, so the node is at fault then.
 */
function inNode(error: unknown, node: FileNode): unknown {
  if (error instanceof TypeError || error instanceof RangeError) {
    return new RadaptError("A node cannot be read", {
      code: "onnx.node",
      where: `node ${node.name} (${node.opType})`,
      expected: "attributes and inputs as the operator's definition has them",
      got: messageOf(error),
      remedy: "The file may be damaged: export or download it again. If it runs elsewhere, please report it.",
    });
  }
  if (!(error instanceof RadaptError)) return error;
  const { parts } = error;
  const where = parts.where?.startsWith("node ") ? parts.where : `node ${node.name} (${node.opType})`;
  return new RadaptError(error.title, { ...parts, where });
}

/** Values by name. A branch also sees those of the graph around it. */
class Scope {
  private readonly values = new Map<string, Value>();

  constructor(private readonly outer: Scope | null = null) {}

  get(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.get(name);
  }

  set(name: string, value: Value): void {
    if (name === "") return;
    if (this.values.has(name)) throw duplicate("values", name);
    this.values.set(name, value);
  }
}

/**
 * Values of the file's outputs for images [batch, C, H, W]. The graphs of one file share their
 * weights.
 */
export function buildGraph(file: OnnxFile, batch: number, imageSize?: number): BoundGraph {
  const builder = new Builder();
  const source = findImageInput(file);
  const input = builder.input(source.name, [batch, ...imageShape(file, imageSize)]);
  const scope = new Scope();
  scope.set(source.name, input);
  new GraphReader(builder).read(file, scope);
  builder.scope = "";
  const outputs = file.outputs.flatMap(({ name }) => {
    const value = scope.get(name);
    return value ? [{ name, value }] : [];
  });
  return { builder, input, outputs };
}

class GraphReader {
  private readonly parameters = new Map<string, Value>();

  constructor(private readonly b: Builder) {}

  /** Adds the values of a graph's nodes to a scope. */
  read(given: FileGraph, scope: Scope): void {
    const graph = splitShared(given);
    const names = nameWeights(graph);
    const statistics = new Set(
      graph.nodes
        .filter((n) => n.opType === "BatchNormalization")
        .flatMap((n) => n.inputs.filter((_, i) => STATISTICS.has(i))),
    );
    const transposed = new Set([...names.values()].filter((n) => n.weight.transposed).map((n) => n.weight.name));
    const stored = (name: string, data: Tensor): Value => {
      if (data.dtype !== "f32" || statistics.has(name)) return this.b.constant(data);
      const { shape } = data;
      if (isAnonymous(name))
        return this.b.constant(data, shape.length > 0 ? new Map([[name, sizeOf(shape)]]) : undefined);
      return this.named({ name, transposed: transposed.has(name) }, data);
    };
    for (const [name, data] of graph.initializers) scope.set(name, stored(name, data));
    const made = new Set(graph.nodes.flatMap((n) => n.outputs));
    for (const node of graph.nodes) {
      try {
        this.node(node, { scope, stored, given: names.get(node), made });
      } catch (error) {
        throw inNode(error, node);
      }
    }
  }

  private node(
    node: FileNode,
    context: {
      scope: Scope;
      stored: (name: string, data: Tensor) => Value;
      given: NodeNames | undefined;
      made: ReadonlySet<string>;
    },
  ): void {
    const { scope, stored, given } = context;
    const [out] = node.outputs;
    if (node.opType === "Constant" && node.domain === "") {
      scope.set(out, stored(out, constantOf(node)));
      return;
    }
    const inputs = node.inputs.map((name) =>
      name === "" ? null : (scope.get(name) ?? missing(node, name, context.made)),
    );
    if (node.opType === "If" && node.domain === "") {
      this.branch(node, inputs[0], scope);
      return;
    }
    const reader = DOMAINS.includes(node.domain) ? onnxReaders.get(node.opType) : undefined;
    if (!reader) throw unknownOp(node);
    if (given && inputs[1]?.data) inputs[1] = this.named(given.weight, inputs[1].data);
    if (given?.bias && inputs[2]?.data) inputs[2] = this.named(given.bias, inputs[2].data);
    const copied = inputs[0];
    // The exporter stores equal weights once and copies them. Each copy is a weight with its own
    // name.
    const copies = node.opType === "Identity" || (node.opType === "Cast" && isFloat(Number(node.attrs.to)));
    if (copies && copied?.data && copied.dtype === "f32") {
      scope.set(out, stored(out, copied.data));
      return;
    }
    this.b.scope = modulePath(node.name);
    const { opType, domain, opset, attrs } = node;
    const results = [
      reader({ opType, domain, opset, inputs, outputs: node.outputs.length, attrs, b: this.b } as OnnxNode),
    ].flat();
    node.outputs.forEach((name, i) => {
      if (results[i]) scope.set(name, results[i]);
    });
  }

  /**
   * The branch that a condition chooses. The condition must be constant once image and batch size
   * are fixed.
   */
  private branch(node: FileNode, condition: Value | null, scope: Scope): void {
    const [chosen] = constantInts(condition, "If's condition") ?? [];
    const graph = node.attrs[chosen ? "then_branch" : "else_branch"];
    if (chosen === undefined || graph === undefined || !isFileGraph(graph)) {
      throw new RadaptError("If lacks its condition or a branch", { code: "onnx.attribute", expected: "two graphs" });
    }
    const inner = new Scope(scope);
    this.read(graph, inner);
    node.outputs.forEach((name, i) => {
      const result = graph.outputs[i]?.name ?? "";
      scope.set(name, inner.get(result) ?? missing(node, result, new Set()));
    });
  }

  /**
   * A module that is called twice is stored twice but is one parameter. Another weight of the same
   * name gets a suffix.
   */
  private named(given: WeightName, data: Tensor): Value {
    let { name } = given;
    for (let copy = 2; this.parameters.has(name); copy++) {
      const known = this.parameters.get(name)!;
      if (holdSameNumbers(known.data!, data)) return known;
      name = `${given.name}.${copy}`;
    }
    const value = this.b.parameter(name, data, given.transposed);
    this.parameters.set(name, value);
    return value;
  }
}

function holdSameNumbers(a: Tensor, b: Tensor): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  if (dataIdentity(a) === dataIdentity(b)) return true;
  const [x, y] = [a.data, b.data];
  return x.every((value, i) => value === y[i]);
}

function constantOf(node: FileNode): Tensor {
  const { value, value_float, value_int, value_floats, value_ints } = node.attrs;
  if (typeof value === "object" && "data" in value) return value;
  const floats = value_float ?? value_floats;
  const given = floats ?? value_int ?? value_ints;
  const list = (Array.isArray(given) ? given : [given]).map(Number);
  if (given === undefined || list.some(Number.isNaN)) {
    throw new RadaptError("Constant has no number", {
      code: "onnx.attribute",
      expected: "value, value_float(s) or value_int(s)",
      got: Object.keys(node.attrs).join(", ") || "no attribute",
    });
  }
  return tensor(Array.isArray(given) ? [list.length] : [], list, floats !== undefined ? "f32" : "i64");
}

function missing(node: FileNode, name: string, made: ReadonlySet<string>): never {
  const isLater = made.has(name);
  throw new RadaptError(
    isLater
      ? `A node reads a value that only a later node makes: ${name}`
      : `A node reads a value that nothing makes: ${name}`,
    {
      code: isLater ? "onnx.order" : "onnx.dangling",
      where: `node ${node.name} (${node.opType})`,
      expected: "the image, a weight or the output of an earlier node",
      got: name,
      remedy: isLater
        ? "The file's nodes are in no order that can be computed, or in a circle: export it again."
        : "A second model input cannot be filled by Radapt; export the model with the image as its only input.",
    },
  );
}
