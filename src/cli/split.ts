/** `radapt split`: writes a plan's split as a file, for others who want to test on the same images. */
import { dirname, resolve } from "node:path";
import { planSplit } from "../bench/plan";
import { describeSplit } from "../bench/protocols";
import { trySplits } from "../bench/split";
import { splitFileOf } from "../bench/split-file";
import { writeAtomically } from "../storage/node/atomic";
import { type Command, parseCommandArgs } from "./args";
import { readPlan } from "./plan-file";
import { loadDataset, withSplitFile } from "./plan-inputs";
import { createReporter } from "./progress";

const help = `radapt split <plan.json> --out <file.json>

Writes which images train, validate and test in each part of a plan's split: the names of the
images, the dataset's fingerprint, and a hash of the lists. Nothing is computed.
A plan uses such a file with  "split": { "protocol": "predefined", "file": "file.json" }

  --out   the file to write`;

export const splitCommand: Command = {
  name: "split",
  summary: "<plan.json> --out <file.json>       write a plan's split as a file",
  help,
  run: async (argv) => {
    const args = parseCommandArgs(argv, help, { out: { type: "string" } }, { least: 1, most: 1 });
    const out = resolve(args.required("out"));
    const planPath = resolve(args.positionals[0]);
    const reporter = createReporter();
    const read = await readPlan(planPath);
    const loaded = await loadDataset(read, dirname(planPath), reporter.progress, new AbortController().signal);
    const { plan, dataset } = await withSplitFile(read, loaded.dataset, dirname(planPath));
    const split = planSplit(plan);
    const problem = trySplits(dataset.row, { split, splitSeed: plan.splitSeed, regimes: ["full"] });
    if (problem) throw problem;
    const file = await splitFileOf(plan, dataset.row, dataset.row.grouping);
    await writeAtomically(out, `${JSON.stringify(file, null, 1)}\n`);
    reporter.say(
      `${describeSplit(split, dataset.row.grouping)}: ${file.parts.length} parts, hash ${file.hash}, in ${out}`,
    );
    return 0;
  },
};
