/**
 * What the runner needs of the engine and is given as an argument, so that its tests run without a
 * model or a device: whatever reads a model file, builds a trainer or estimates one. The runner
 * imports the engine's pure functions directly (the registry of methods, losses, heads on
 * features): they need no stand-in. Whoever composes the program (the worker, the command line)
 * hands in `trainingEngine`; only tests hand in something else.
 */
import { createTrainer, estimateMemory, type OpenOptions, openModel } from "../engine/index";
import type { MemoryEstimate, Model, Trainer, TrainerOptions } from "../engine/types";

export interface TrainingEngine {
  openModel(bytes: Uint8Array, options: OpenOptions): Promise<Model> | Model;
  createTrainer(options: TrainerOptions): Promise<Trainer>;
  /** Throws what building the trainer would throw. */
  estimateMemory(options: Omit<TrainerOptions, "seed">): MemoryEstimate;
}

export const trainingEngine: TrainingEngine = { openModel, createTrainer, estimateMemory };
