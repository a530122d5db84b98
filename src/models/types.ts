/** The row of a backbone, and the preprocessing of its images. */
import type { FeatureKind } from "../engine/types";

/**
 * What is known of a backbone: one manifest row, whether shipped, opened from a file or pulled from
 * an address.
 */
import type { DataFile } from "./files";

export type Interpolation = "bicubic" | "bilinear" | "nearest";
/**
 * How an image becomes a square.
 * - "crop": resize the short side, then crop the centre
 * - "pad": first pad to a square with black
 * - "stretch": resize both sides and ignore the aspect ratio
 */
export type CropMode = "crop" | "pad" | "stretch";

export interface Preprocessing {
  /** Channels of the model's input; absent = 3. One channel holds the image's luma. */
  channels?: 1 | 3;
  /** Side of the square input, pixels. */
  size: number;
  /**
   * Short side before the centre crop, pixels. It is `size` for most backbones, and 256 for DINOv2.
   */
  resize: number;
  interpolation: Interpolation;
  crop: CropMode;
  /** Per channel, in units of value/255. */
  mean: [number, number, number];
  std: [number, number, number];
}

/** Shape of one preprocessed image: [channels, size, size]. */
export const inputShape = ({ channels = 3, size }: Preprocessing): [number, number, number] => [channels, size, size];

export interface BackboneRow {
  id: string;
  name: string;
  /** SHA-256 of the file's bytes and those of its data files after it, in lower-case hex. */
  sha256: string;
  bytes: number;
  /** Data files that follow the .onnx in the stored file. */
  external?: DataFile[];
  /** Notes for the user about how the file stores the model (see `ModelInfo.notes`). */
  notes?: string[];
  preprocessing: Preprocessing;
  /** How the model's output becomes a feature vector. */
  feature: FeatureKind;
  /** Corrections of the layers' roles: module pattern → role. */
  roles?: Record<string, string>;
  licence: string;
  source: string;
  /** Where the file comes from: the app, a local file, or an address. */
  origin: "embedded" | "file" | "url";
  paper?: string;
}
