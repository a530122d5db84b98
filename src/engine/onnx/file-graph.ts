/** An ONNX file as plain data: nodes, weights and signatures, without protobuf. */
import type { Tensor } from "../graph/tensor";

export type FileAttr = number | string | number[] | string[] | Tensor | FileGraph;

export interface FileNode {
  opType: string;
  domain: string;
  /** Version of the operator set that the node is of. */
  opset: number;
  name: string;
  /** "" where an optional input is left out. */
  inputs: string[];
  outputs: string[];
  attrs: Record<string, FileAttr>;
}

export interface FileValue {
  name: string;
  /** ONNX's number of the element type; 0 where the file does not say. */
  elementType: number;
  /** A number where fixed, a name where free. */
  dims: (number | string)[];
}

export interface FileGraph {
  nodes: FileNode[];
  initializers: Map<string, Tensor>;
  /** Graph inputs that are not weights. */
  inputs: FileValue[];
  outputs: FileValue[];
}

export interface OnnxFile extends FileGraph {
  opset: number;
  producer: string;
  /** Notes about the file besides its contents: how its numbers were stored. */
  notes: string[];
  /**
   * Relative difference of features that the file's own arithmetic explains (16-bit floats, 8-bit
   * integers).
   */
  tolerance: number;
}

export const isFileGraph = (a: FileAttr): a is FileGraph => typeof a === "object" && "nodes" in a;
