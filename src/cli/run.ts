/** `radapt run`: computes a plan file into records, predictions and an aggregate in a folder. */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { messageOf, RadaptError } from "../base";
import { aggregate } from "../bench/aggregate";
import { type AuditFinding, auditFindings, auditSentence } from "../bench/audit/audit-verdict";
import { groupingCautions, trainingCautions } from "../bench/cautions";
import { everyPair } from "../bench/comparisons";
import { predictionsCsv } from "../bench/export";
import { type Plan, planSplit } from "../bench/plan";
import { planPrimary } from "../bench/primary";
import { withCorrectedMetrics } from "../bench/probabilities/of-record";
import { splitCautions } from "../bench/protocols";
import type { RunRecord } from "../bench/record";
import { trySplits } from "../bench/split";
import { hasSeveralImages, otherUnit, planUnit } from "../bench/unit";
import { recordsByUnit } from "../bench/unit-records";
import { decodeImage } from "../data";
import type { DatasetRow, ImportReport } from "../data/types";
import { openDeviceOrCpu, openFastest } from "../runner/devices";
import { trainingEngine } from "../runner/engine";
import { type IdentifiedRun, resolveAudit, resolveRuns } from "../runner/resolve";
import { type PlanOutcome, runPlan } from "../runner/run-plan";
import { version } from "../runner/version";
import { writeAtomically } from "../storage/node/atomic";
import { createFileFeatureStore } from "../storage/node/features";
import { createFileRecordStore } from "../storage/node/records";
import type { RecordStore } from "../storage/types";
import { type Command, parseCommandArgs } from "./args";
import { deviceKinds, openNodeDevice, openProcessor } from "./device";
import { nodeClock, nodeFeatureRuntime, nodeHost } from "./node-runtime";
import { readPlan } from "./plan-file";
import { loadDataset, loadPlanBackbones, withSplitFile } from "./plan-inputs";
import { createReporter, durationText, type Reporter } from "./progress";
import { saveAdapters } from "./save-adapters";

const help = `radapt run <plan.json> --out <dir> [--device auto|webgpu|wasm|cpu] [--positive <value>]
           [--save-adapters]

Computes every run of a plan that has no record in <dir> yet, and writes to <dir>
  results.json      the plan, its images, one record per run, means with intervals, and every pair
                    of methods with difference, interval, p-values and practical equivalence,
                    and the shortcut audit: what trivial inputs reach on the same splits
  predictions.csv   image, patient, fold, seed, method, truth, probability, …
  records/          one file per finished run, so that a second call resumes
  features/         cached features of frozen backbones
Paths in the plan are relative to the plan file's folder. Progress goes to stderr.
Ctrl+C keeps finished runs. schemas/plan.schema.json describes the format of plans;
examples/ holds some.

  --out      folder for the results; created if it does not exist
  --device   auto (default): a graphics card through WebGPU, else the processor through WebAssembly;
             or webgpu, wasm, cpu (the reference interpreter: very slow). Without an adapter,
             webgpu falls back to the processor with a message
  --positive  the outcome value that counts as positive, instead of the plan's or the suggested
             one; the command prints which class it took, and why
  --save-adapters  also save what each run learned, as Hugging Face PEFT does:
             adapters/<run>/adapter_config.json and adapter_model.safetensors, with radapt.json
             beside them; \`radapt export\` and \`radapt predict\` read such a folder`;

export const runCommand: Command = {
  name: "run",
  summary: "<plan.json> --out <dir>             compute a plan; resumes",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const options = { out: text, device: text, positive: text, "save-adapters": { type: "boolean" } } as const;
    const args = parseCommandArgs(argv, help, options, { least: 1, most: 1 });
    const out = resolve(args.required("out"));
    const kind = args.choice("device", ["auto", ...deviceKinds] as const, "auto");
    const planPath = resolve(args.positionals[0]);
    const started = nodeClock.now();
    const reporter = createReporter();
    const control = interruptible(reporter);
    const read = withPositive(await readPlan(planPath), args.text("positive"));
    const loaded = await loadDataset(read, dirname(planPath), reporter.progress, control.signal);
    const { report } = loaded;
    const { plan, dataset } = await withSplitFile(read, loaded.dataset, dirname(planPath));
    printImport(report, dataset.row.grouping, reporter);
    printPositive(dataset.row, "positive" in plan.dataset && plan.dataset.positive !== undefined, reporter);
    const unsplittable = trySplits(dataset.row, { ...plan, split: planSplit(plan) });
    if (unsplittable) throw unsplittable;
    for (const caution of splitCautions(dataset.row, planSplit(plan))) reporter.say(`Note: ${caution}`);
    const backbones = await loadPlanBackbones(plan, dirname(planPath), reporter.say);
    const runs = await resolveRuns(plan, dataset.row, backbones);
    for (const caution of new Set(runs.flatMap(({ config }) => trainingCautions(config.training))))
      reporter.say(`Note: ${caution}`);
    const audit = await resolveAudit(plan, dataset.row);
    if (plan.audit === undefined) reporter.say('Note: the plan has no shortcut audit; add "audit": true to have one.');
    await mkdir(out, { recursive: true });
    const records = createFileRecordStore(join(out, "records"));
    const { outcome, failed } = await runPlan({
      runs,
      audit,
      dataset,
      backbones,
      records,
      clock: nodeClock,
      decode: decodeImage,
      signal: control.signal,
      features: createFileFeatureStore(join(out, "features")),
      engine: trainingEngine,
      runtime: nodeFeatureRuntime(),
      openDevice: async () => {
        const opened =
          kind === "auto"
            ? await openFastest(() => openNodeDevice("webgpu", () => {}), openProcessor)
            : await openDeviceOrCpu(() => openNodeDevice(kind, reporter.say, { tuned: true }), openProcessor);
        if (opened.missing) reporter.say(`${messageOf(opened.missing)}\nTraining runs on the processor instead.`);
        reporter.say(`Device: ${opened.device.info.label}`);
        return opened;
      },
      environment: { radapt: version, host: nodeHost },
      onEvent: reporter.event,
      keepAdapter: args.flag("save-adapters") ? saveAdapters(out, reporter.say) : undefined,
    });
    const { count, findings } = await writeResults(out, plan, dataset.row, { runs, audit }, records);
    const time = durationText(nodeClock.now() - started);
    reporter.say(`${count} of ${runs.length} runs in ${out} (${time})${failed > 0 ? `; ${failed} failed` : ""}`);
    for (const finding of findings) reporter.say(`Shortcut audit, ${finding.regimeLabel}: ${auditSentence(finding)}`);
    for (const caution of groupingCautions(dataset.row)) reporter.say(`Caution: ${caution}`);
    return exitStatus(outcome, failed);
  },
};

/** @throws RadaptError "plan.positive" if the plan names no table with an outcome column */
function withPositive(plan: Plan, positive: string | undefined): Plan {
  if (positive === undefined) return plan;
  if ("labels" in plan.dataset) return { ...plan, dataset: { ...plan.dataset, positive } };
  throw new RadaptError("The positive class of this dataset is fixed.", {
    code: "plan.positive",
    where: "--positive",
    expected: 'a plan whose dataset names "images" and "labels"',
    got: JSON.stringify(plan.dataset),
    remedy: "Leave --positive out, or name a folder of images and a table in the plan.",
  });
}

function exitStatus(outcome: PlanOutcome, failed: number): number {
  if (outcome !== "done") return 130;
  return failed > 0 ? 1 : 0;
}

/** The first Ctrl+C stops after the current step; the second one stops at once. */
function interruptible(reporter: Reporter): AbortController {
  const control = new AbortController();
  process.once("SIGINT", () => {
    reporter.say("Stopping after this step. Finished runs are kept. Press Ctrl+C again to stop at once.");
    control.abort("paused");
    process.once("SIGINT", () => process.exit(130));
  });
  return control;
}

function printImport(report: ImportReport, grouping: DatasetRow["grouping"], reporter: Reporter): void {
  const { matched, rows, files, unmatchedRows, unmatchedFiles, missingOutcome, unreadable, perClass } = report;
  const of = (patients: number) => (grouping === "patient" ? ` of ${patients} patients` : "");
  const classes = perClass.map(({ name, images, patients }) => `${name}: ${images} images${of(patients)}`);
  reporter.say(`${matched} images from ${rows} rows and ${files} files; ${classes.join(", ")}`);
  if (unmatchedRows.length > 0)
    reporter.say(`${unmatchedRows.length} rows name no image, e.g. ${unmatchedRows[0].file}`);
  if (unmatchedFiles.length > 0) reporter.say(`${unmatchedFiles.length} images have no row`);
  if (missingOutcome.length > 0) {
    const [{ file, reason }] = missingOutcome;
    reporter.say(`${missingOutcome.length} images have no outcome, e.g. ${file}: ${reason}`);
  }
  for (const { file, reason } of unreadable.slice(0, 5)) reporter.say(`Unreadable: ${file}: ${reason}`);
  for (const warning of report.warnings) reporter.say(`Note: ${warning}`);
}

/** Names the positive class of two, why it was taken, and how to change it. */
function printPositive({ classes, report: { positive } }: DatasetRow, chosen: boolean, { say }: Reporter): void {
  if (classes.length !== 2) return;
  const [other, taken] = classes;
  if (chosen || !positive) {
    say(`Positive class: ${taken}`);
    return;
  }
  say(`Positive class: ${taken}. ${positive.reason}`);
  say(`  To change it: --positive "${other}", or "positive": "${other}" in the plan's dataset`);
}

async function writeResults(
  out: string,
  plan: Plan,
  dataset: DatasetRow,
  { runs, audit }: Record<"runs" | "audit", readonly IdentifiedRun[]>,
  store: RecordStore,
): Promise<{ count: number; findings: AuditFinding[] }> {
  const read = async (own: readonly IdentifiedRun[]) =>
    (await store.list(own.map(({ id }) => id))).map(withCorrectedMetrics);
  const [records, audited]: RunRecord[][] = [await read(runs), await read(audit)];
  const unit = planUnit(plan);
  const counted = recordsByUnit(records, unit);
  const rows = aggregate(counted, { planned: runs });
  const other = otherUnit(unit);
  const differ = dataset.grouping === "patient" && hasSeveralImages(dataset.images);
  const beside = differ && {
    otherUnit: other,
    otherAggregate: aggregate(recordsByUnit(records, other), { planned: runs }),
  };
  const primary = planPrimary(plan);
  const pairs = everyPair(counted, { planned: runs, primary });
  const findings = auditFindings(counted, recordsByUnit(audited, unit), primary.metric, runs);
  const results = { schema: 1, plan, unit, aggregate: rows, ...beside, pairs, audit: findings };
  const head = JSON.stringify(results, null, 1).slice(0, -2);
  const list = (items: readonly unknown[]) => `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n ]`;
  const images = dataset.images.map(({ bytes, width, height, ...image }) => image);
  await writeAtomically(
    join(out, "results.json"),
    `${head},\n "images": ${list(images)},\n "records": ${list(records)}\n}\n`,
  );
  await writeAtomically(join(out, "predictions.csv"), predictionsCsv(records));
  return { count: records.length, findings };
}
