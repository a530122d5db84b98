/** Backbone rows of the manifest, and how their images are preprocessed. */
import type { FeatureKind } from "../engine/types";

/**
 * What is known of a backbone: one manifest row, whether shipped, opened from a file or pulled from
 * an address.
 */
import type { DataFile } from "./files";

export type Interpolation = "bicubic" | "bilinear" | "nearest";
/**
 * "crop": short side to `size`, centre crop; "pad": pad to a square with black first; "stretch":
 * ignore the aspect ratio.
 */
export type CropMode = "crop" | "pad" | "stretch";

export interface Preprocessing {
  /** Channels of the model's input; absent = 3. One channel holds the image's luma. */
  channels?: 1 | 3;
  /** Side of the square input, pixels. */
  size: number;
  /** Short side before the centre crop, pixels; equals `size` for most, 256 for DINOv2. */
  resize: number;
  interpolation: Interpolation;
  crop: CropMode;
  /** Per channel, in units of value/255. */
  mean: [number, number, number];
  std: [number, number, number];
}

/** [channels, size, size] of one preprocessed image. */
export const inputShape = ({ channels = 3, size }: Preprocessing): [number, number, number] => [channels, size, size];

export interface BackboneRow {
  id: string;
  name: string;
  /** Lower-case hex of the bytes of the file, and of its data files after it. */
  sha256: string;
  bytes: number;
  /** Data files that follow the .onnx in the stored file. */
  external?: DataFile[];
  /** What a person should know of how the file was stored (see `ModelInfo.notes`). */
  notes?: string[];
  preprocessing: Preprocessing;
  /** How the output becomes a feature vector. */
  feature: FeatureKind;
  /** Corrections of the layers' roles: module pattern → role. */
  roles?: Record<string, string>;
  licence: string;
  source: string;
  /** Where the file is: shipped with the app, or held in local storage. */
  origin: "embedded" | "file" | "url";
  paper?: string;
}
