/** The list of commands, and the overview that `radapt --help` prints. */
import { version } from "../runner/version";
import type { Command } from "./args";
import { exportCommand } from "./export";
import { infoCommand } from "./info";
import { inspectCommand } from "./inspect";
import { predictCommand } from "./predict";
import { profileCommand } from "./profile";
import { runCommand } from "./run";
import { selfTestCommand } from "./selftest";
import { splitCommand } from "./split";
import { stepCommand } from "./step";

export const commands: readonly Command[] = [
  infoCommand,
  inspectCommand,
  runCommand,
  splitCommand,
  exportCommand,
  predictCommand,
  stepCommand,
  profileCommand,
  selfTestCommand,
];

export function usage(): string {
  const lines = commands.map(({ name, summary }) => `  radapt ${name.padEnd(8)} ${summary}`);
  return [
    `Radapt ${version}: compares pretrained vision backbones and fine-tuning strategies on your own images.`,
    "",
    "Usage:",
    ...lines,
    "",
    "`radapt <command> --help` explains a command. Exit status: 0 done, 1 failed, 2 wrong usage.",
  ].join("\n");
}
