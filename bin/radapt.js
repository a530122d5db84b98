#!/usr/bin/env node
// The command `radapt`: starts the built command line, or says how to build it.
import { existsSync } from "node:fs";
import process from "node:process";

const built = new URL("../dist/cli.js", import.meta.url);
if (!existsSync(built)) {
  process.stderr.write(
    "radapt: the command line is not built yet (dist/cli.js is missing).\nWhat to do: run `npm run build` first.\n",
  );
  process.exit(1);
}
const { main } = await import(built.href);
await main(process.argv.slice(2));
