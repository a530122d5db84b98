/**
 * What the runner needs of the engine and is given as an argument, so that its tests run without a
 * model or a device: whatever reads a model file, plans a trainer or builds one. The runner
 * imports the engine's pure functions directly (the registry of methods, losses, heads on
 * features): they need no stand-in. Whoever composes the program (the worker, the command line)
 * hands in `trainingEngine`; only tests hand in something else.
 */
import { createTrainer, type OpenOptions, openModel, planTraining } from "../engine/index";
import type { Model, Trainer, TrainerOptions, TrainerPlanOptions, TrainingPlan } from "../engine/types";

export interface TrainingEngine {
  openModel(bytes: Uint8Array, options: OpenOptions): Promise<Model> | Model;
  /** Throws what building the trainer would throw. */
  planTraining(options: TrainerPlanOptions): TrainingPlan;
  createTrainer(options: TrainerOptions): Promise<Trainer>;
}

export const trainingEngine: TrainingEngine = { openModel, planTraining, createTrainer };
