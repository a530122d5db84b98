/**
 * A model may consist of several files: the .onnx, and the data files that hold its weights. Radapt
 * concatenates them, the .onnx first, so that it hashes and stores every backbone as one file with
 * one digest.
 */

/** One of the data files that follow the .onnx. */
export interface DataFile {
  /** The name that the model uses, relative to its own folder. */
  location: string;
  bytes: number;
}

export interface ModelFiles {
  /** The .onnx file. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Location → data file. */
  external: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Splits the concatenated file. The results are views into `whole`. */
export function splitFiles(whole: Uint8Array<ArrayBuffer>, data: readonly DataFile[] = []): ModelFiles {
  let at = whole.byteLength - data.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = whole.subarray(0, at);
  const external = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of data) {
    external.set(file.location, whole.subarray(at, at + file.bytes));
    at += file.bytes;
  }
  return { bytes, external };
}
