/**
 * The interface of a contestant: a library that does the same work as the others, in whichever
 * process or page it runs.
 */
import type { Network } from "./vit";

/**
 * "forward" maps images to features. "lora" and "full" are one optimisation step with loss,
 * gradients and AdamW.
 */
export const works = ["forward", "lora", "full"] as const;
export type Work = (typeof works)[number];

/**
 * Numbers that prove equal work: features [B, D], or the losses before each step and the gradients
 * of the first.
 */
export type Check = Record<string, Float32Array>;

export interface Run {
  /** The loss of a training step, read back from the device. */
  loss?: number;
  /** Milliseconds until the library handed the work to the device; undefined if it cannot tell. */
  submitMs?: number;
}

export interface Runner {
  /**
   * Computes one forward pass or one step. Resolves when the caller knows the result. Callers may
   * repeat it.
   */
  run(): Promise<Run>;
  /**
   * The features of a forward pass, or the gradients of the last step by the names of the network.
   */
  results(): Promise<Check>;
  dispose(): void;
}

export interface Contestant {
  /** Name, version and backend for people. */
  label: string;
  works: readonly Work[];
  /** The graphics adapter, if the library names it. */
  adapter?: string;
  /** Prepares the network for one kind of work; the first `run` may still compile. */
  open(net: Network, work: Work): Promise<Runner>;
}

/** Loads a contestant. Throws if there is no adapter or no such backend. */
export type LoadContestant = () => Promise<Contestant>;

/**
 * Gradients that the benchmark compares after a step of full fine-tuning: one for each kind of
 * weight.
 */
export const comparedWeights = [
  "patch.weight",
  "cls_token",
  "pos_embed",
  "blocks.0.norm1.weight",
  "blocks.0.attn.q.weight",
  "blocks.0.attn.v.bias",
  "blocks.0.mlp.up.weight",
  "norm.bias",
  "head.weight",
  "head.bias",
];
