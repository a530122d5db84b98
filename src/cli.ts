/** Composition root of the command line: `main` is called by bin/radapt.js. */
import "./data/jpeg-node";
import process from "node:process";
import { messageOf, RadaptError } from "./base";
import { UsageError } from "./cli/args";
import { commands, usage } from "./cli/commands";

/** Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<never> {
  process.exitCode = await run(argv);
  // Dawn and WASM threads keep Node alive; what was written is flushed first.
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit();
}

/** Runs one command; gives its exit status. */
export async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const command = commands.find((candidate) => candidate.name === name);
  try {
    if (command) {
      if (rest.includes("--help") || rest.includes("-h")) {
        process.stdout.write(`${command.help}\n`);
        return 0;
      }
      return await command.run(rest);
    }
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      process.stdout.write(`${usage()}\n`);
      return name === undefined ? 2 : 0;
    }
    throw new UsageError(`There is no command "${name}".`, usage());
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`radapt: ${error.message}\n\n${error.help}\n`);
      return 2;
    }
    const expected = error instanceof RadaptError;
    process.stderr.write(`radapt: ${expected ? error.message : stackOf(error)}\n`);
    return 1;
  }
}

function stackOf(error: unknown): string {
  return (error instanceof Error && error.stack) || messageOf(error);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
