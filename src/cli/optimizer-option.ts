/** The option `--optimizer` of `radapt step`: its help and its check. */
import { z } from "zod";
import { settingRows } from "../base/setting";
import { type OptimizerDef, optimizers, torchArgumentsSchema } from "../engine/index";

const [first] = optimizers;

/** The first optimiser is meant where no name is given. */
export const optimizerArguments = z.preprocess(
  (json) => (typeof json === "object" ? { name: first.id, ...json } : json),
  torchArgumentsSchema,
);

/** The names and settings of one optimiser, e.g. "name sgd (torch.optim.SGD), lr 0.01, …". */
function describeOptimizer({ id, torch, lr, settings }: OptimizerDef): string {
  const name = torch ? `name ${id} (${torch})` : `name ${id}`;
  const defaults = settingRows(settings).map(({ key, default: value }) => `${key} ${JSON.stringify(value)}`);
  return [name, `lr ${lr}`, ...defaults].join(", ");
}

/** @param indent of every line but the first */
export const optimizerHelp = (indent: string): string =>
  ["JSON: without a name the first of", ...optimizers.map(describeOptimizer)].join(`\n${indent}`);
