/** A file's nodes → graph values, for one batch size and image size: after this every shape is a number. */
import { RadaptError } from "../../base/error";
import { Builder } from "../ir/builder";
import type { Value } from "../ir/value";
import { onnxReaders } from "../ops";
import { sameShape, sizeOf, type Tensor } from "../tensor";
import type { FileNode, OnnxFile } from "./file";
import { isAnonymous, modulePath, nameWeights, type WeightName } from "./names";

export interface BoundGraph {
  builder: Builder;
  input: Value;
  outputs: { name: string; value: Value }[];
}

/** Domains whose operators are read like ONNX's own: ONNX Runtime's optimiser writes them. */
const DOMAINS = ["", "ai.onnx", "com.microsoft"];
/** Positions of BatchNormalization's running statistics: stored, but not trained. */
const STATISTICS = new Set([3, 4]);

/** The graph input that takes the image: the only one of rank 4, else the first. */
export function imageInput(file: OnnxFile) {
  const input = file.inputs.find((v) => v.dims.length === 4) ?? file.inputs[0];
  if (input?.dims.length === 4) return input;
  throw new RadaptError("The model takes no image", {
    code: "onnx.no-image-input",
    expected: "an input [batch, channels, height, width]",
    got: file.inputs.map((v) => `${v.name} [${v.dims.join(", ")}]`).join("; ") || "no input",
    remedy: "Export the vision part of the model, with pixel values as its input.",
  });
}

/** [C, H, W] of the input; `imageSize` (or 224) stands where the file leaves a side free. */
export function imageShape(file: OnnxFile, imageSize?: number): [number, number, number] {
  const [, c, h, w] = imageInput(file).dims.map((d) => (typeof d === "number" && d > 0 ? d : 0));
  return [c || 3, h || imageSize || 224, w || imageSize || 224];
}

function unknownOp(node: FileNode): RadaptError {
  return new RadaptError(`The model uses an operator that Radapt does not know: ${node.opType}`, {
    code: "onnx.unknown-op",
    where: `node ${node.name}${node.domain ? ` of domain ${node.domain}` : ""}`,
    expected: "one of the operators in SUPPORTED-OPS.md",
    got: `${node.domain ? `${node.domain}.` : ""}${node.opType}`,
    remedy: "Export the model with plain ONNX operators, or open an issue that names this operator.",
  });
}

/** Where a failure happened, added to what went wrong. */
function inNode(error: unknown, node: FileNode): unknown {
  if (!(error instanceof RadaptError)) return error;
  const { parts } = error;
  const where = parts.where?.startsWith("node ") ? parts.where : `node ${node.name} (${node.opType})`;
  return new RadaptError(error.message.split("\n")[0], { ...parts, where });
}

/** Values of the file's outputs, for images [batch, C, H, W]. Weights are shared between the graphs of one file. */
export function buildGraph(file: OnnxFile, batch: number, imageSize?: number): BoundGraph {
  const b = new Builder();
  const names = nameWeights(file);
  const values = new Map<string, Value>();
  const source = imageInput(file);
  const input = b.input(source.name, [batch, ...imageShape(file, imageSize)]);
  values.set(source.name, input);

  const statistics = new Set(
    file.nodes
      .filter((n) => n.opType === "BatchNormalization")
      .flatMap((n) => n.inputs.filter((_, i) => STATISTICS.has(i))),
  );
  const transposedNames = new Set([...names.values()].filter((n) => n.weight.transposed).map((n) => n.weight.name));
  const isParameter = (name: string, data: Tensor) =>
    data.dtype === "f32" && !statistics.has(name) && !isAnonymous(name);
  const stored = (name: string, data: Tensor): Value => {
    if (!isParameter(name, data)) {
      const isWeight = data.dtype === "f32" && data.shape.length > 0 && !statistics.has(name);
      return b.constant(data, isWeight ? new Map([[name, sizeOf(data.shape)]]) : undefined);
    }
    return named({ name, transposed: transposedNames.has(name) }, data);
  };
  const parameters = new Map<string, Value>();
  /** A module that is called twice is stored twice: one parameter. Another weight of the same name gets a suffix. */
  const named = (given: WeightName, data: Tensor): Value => {
    let { name } = given;
    for (let copy = 2; parameters.has(name); copy++) {
      const known = parameters.get(name)!;
      const isSame =
        known.data === data ||
        (sameShape(known.shape, data.shape) && known.data!.data.every((x, i) => x === data.data[i]));
      if (isSame) return known;
      name = `${given.name}.${copy}`;
    }
    const value = b.parameter(name, data, given.transposed);
    parameters.set(name, value);
    return value;
  };
  for (const [name, data] of file.initializers) values.set(name, stored(name, data));

  for (const node of file.nodes) {
    if (node.opType === "Constant") {
      values.set(node.outputs[0], stored(node.outputs[0], constantOf(node)));
      continue;
    }
    const reader = DOMAINS.includes(node.domain) ? onnxReaders.get(node.opType) : undefined;
    if (!reader) throw unknownOp(node);
    const inputs = node.inputs.map((name) => (name === "" ? null : (values.get(name) ?? missing(node, name))));
    const given = names.get(node);
    if (given && inputs[1]?.data) inputs[1] = named(given.weight, inputs[1].data);
    if (given?.bias && inputs[2]?.data) inputs[2] = named(given.bias, inputs[2].data);
    const copied = inputs[0];
    // The exporter stores equal weights once and copies them: each copy is a weight of its own name.
    if ((node.opType === "Identity" || node.opType === "Cast") && copied?.data && copied.dtype === "f32") {
      if (node.opType === "Identity" || node.attrs.to === 1) {
        values.set(node.outputs[0], stored(node.outputs[0], copied.data));
        continue;
      }
    }
    b.scope = modulePath(node.name);
    try {
      const results = [
        reader({ opType: node.opType, opset: file.opset, inputs, outputs: node.outputs.length, attrs: node.attrs, b }),
      ].flat();
      node.outputs.forEach((name, i) => {
        if (results[i]) values.set(name, results[i]);
      });
    } catch (error) {
      throw inNode(error, node);
    }
  }
  b.scope = "";
  const outputs = file.outputs
    .filter((o) => values.has(o.name))
    .map((o) => ({ name: o.name, value: values.get(o.name)! }));
  return { builder: b, input, outputs };
}

function constantOf(node: FileNode): Tensor {
  const { value, value_float, value_int, value_floats, value_ints } = node.attrs;
  if (typeof value === "object" && !Array.isArray(value)) return value;
  const [numbers, dtype] =
    value_float !== undefined || value_floats !== undefined
      ? ([value_float ?? value_floats, "f32"] as const)
      : ([value_int ?? value_ints, "i64"] as const);
  const list = Array.isArray(numbers) ? numbers : [Number(numbers)];
  const shape = Array.isArray(numbers) ? [list.length] : [];
  return { shape, dtype, data: dtype === "f32" ? Float32Array.from(list) : Float64Array.from(list) };
}

function missing(node: FileNode, name: string): never {
  throw new RadaptError(`A node reads a value that nothing makes: ${name}`, {
    code: "onnx.dangling",
    where: `node ${node.name} (${node.opType})`,
    expected: "the image, a weight or the output of an earlier node",
    got: name,
    remedy: "A second model input cannot be filled by Radapt; export the model with the image as its only input.",
  });
}
