/** What a library must show to be compared: the same work behind one interface, whichever process or page it lives in. */
import type { Network } from "./vit";

/** forward: images → features. lora, full: one optimisation step with loss, gradients and AdamW. */
export const works = ["forward", "lora", "full"] as const;
export type Work = (typeof works)[number];

/** Numbers by which equal work is proven: features [B, D]; or the losses before each step, and gradients of the first. */
export type Check = Record<string, Float32Array>;

export interface Run {
  /** Of a training step: its loss, read back. */
  loss?: number;
  /** Milliseconds until the work was handed to the device, where the library tells them apart. */
  submitMs?: number;
}

export interface Runner {
  /** Once, repeatable: one forward pass or one step, over when its result is known to the caller. */
  run(): Promise<Run>;
  /** forward: the features; steps: gradients of the step just run, by the network's names. */
  results(): Promise<Check>;
  dispose(): void;
}

export interface Contestant {
  /** Name, version and backend for people. */
  label: string;
  works: readonly Work[];
  /** The graphics adapter, where the library says which it took. */
  adapter?: string;
  /** Prepares the network for one kind of work; the first `run` may still compile. */
  open(net: Network, work: Work): Promise<Runner>;
}

/** What a contestant's module gives. Where there is no adapter or no such backend it throws. */
export type LoadContestant = () => Promise<Contestant>;

/** Gradients that are compared after a step of full fine-tuning: one of each kind of weight. */
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
