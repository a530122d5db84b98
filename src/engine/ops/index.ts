/**
 * The operators: one file or folder each, all listed here. Whoever writes or reads graphs imports
 * `opDef` from this door, so that operators are registered.
 */
import type { OnnxReader, OpDef } from "../graph/operator";
import { registerOperators } from "../graph/operators";
import * as activations from "./activations";
import * as argMax from "./arg-max";
import * as attention from "./attention";
import * as batchNorm from "./batch-norm";
import * as binary from "./binary";
import * as columns from "./columns";
import * as concat from "./concat";
import * as conv from "./conv";
import * as convTranspose from "./conv-transpose";
import * as crossEntropy from "./cross-entropy";
import * as cumSum from "./cum-sum";
import * as detach from "./detach";
import * as einsum from "./einsum";
import * as expand from "./expand";
import * as fused from "./fused";
import * as fusedAttention from "./fused-attention";
import * as gather from "./gather";
import * as gatherNd from "./gather-nd";
import * as layerNorm from "./layer-norm";
import * as matmul from "./matmul";
import * as matmulSum from "./matmul-sum";
import * as oneHot from "./one-hot";
import * as padModes from "./pad-modes";
import * as pool from "./pool";
import * as quantize from "./quantize";
import * as reduce from "./reduce";
import * as reshape from "./reshape";
import * as resize from "./resize";
import * as scatterNd from "./scatter-nd";
import * as seededDropout from "./seeded-dropout";
import * as slice from "./slice";
import * as softmax from "./softmax";
import * as spaceDepth from "./space-depth";
import * as topK from "./top-k";
import * as transpose from "./transpose";
import * as trilu from "./trilu";
import * as unary from "./unary";

export { opDef } from "../graph/operators";

interface OpModule {
  default?: OpDef | readonly OpDef[];
  readers?: Readonly<Record<string, OnnxReader>>;
}

/** Of two readers of one ONNX operator the later one counts. */
export const modules: readonly OpModule[] = [
  activations,
  argMax,
  attention,
  batchNorm,
  binary,
  columns,
  concat,
  convTranspose,
  conv,
  crossEntropy,
  cumSum,
  detach,
  einsum,
  expand,
  fusedAttention,
  fused,
  gatherNd,
  gather,
  layerNorm,
  matmulSum,
  matmul,
  oneHot,
  padModes,
  pool,
  quantize,
  reduce,
  reshape,
  resize,
  scatterNd,
  seededDropout,
  slice,
  softmax,
  spaceDepth,
  topK,
  transpose,
  trilu,
  unary,
];

const defsOf = (module: OpModule): readonly OpDef[] => [module.default ?? []].flat();

const defs = modules.flatMap(defsOf);
registerOperators(defs);

export const ops: ReadonlyMap<string, OpDef> = new Map(defs.map((def) => [def.type, def]));

const modulesReaders = (module: OpModule): [string, OnnxReader][] => [
  ...defsOf(module).flatMap((def) => Object.entries(def.onnx)),
  ...Object.entries(module.readers ?? {}),
];

/** ONNX operators that can be read, each with its reader. */
export const onnxReaders: ReadonlyMap<string, OnnxReader> = new Map(modules.flatMap(modulesReaders));
