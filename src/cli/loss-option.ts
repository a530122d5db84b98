/** The option `--loss` of `radapt step`: its help and its check. */
import { settingRows } from "../base/setting";
import { adjustsLogits, type LossDef, losses, type StepLoss } from "../engine/index";
import type { ParsedArgs } from "./args";

/** The names and settings of one loss, e.g. "name focal, gamma 2". */
function describeLoss({ id, torch, settings, adjustment }: LossDef): string {
  const name = torch ? `name ${id} (${torch})` : `name ${id}`;
  const defaults = settingRows(settings).map(({ key, default: value }) => `${key} ${value}`);
  return [name, ...defaults, ...(adjustment ? ["prior (the classes' shares)"] : [])].join(", ");
}

/** @param indent of every line but the first */
export const lossHelp = (indent: string): string =>
  ["JSON: one of these (without a name the first), and labelSmoothing 0 with each", ...losses.map(describeLoss)].join(
    `\n${indent}`,
  );

export function assertPrior(args: ParsedArgs, { spec, prior = [] }: StepLoss, classes: number): void {
  if (!adjustsLogits(spec) || prior.length === classes) return;
  throw args.fail(`--loss: ${spec.name} needs the prior of ${classes} classes, got ${prior.length}.`);
}
