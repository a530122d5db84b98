/**
 * A model that is several files: an .onnx and the data files that hold its weights. They are
 * hashed, stored and passed on as one, the .onnx first, so that a backbone is one file with one
 * digest wherever it goes.
 */

/** A data file, in the order in which they follow the .onnx. */
export interface DataFile {
  /** As the model names it, relative to its own folder. */
  location: string;
  bytes: number;
}

export interface ModelFiles {
  /** The .onnx file. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Its data files by location. */
  external: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Views of the files that stand in `whole` one after another. */
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
