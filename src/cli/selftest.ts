/** `radapt selftest`: checks the arithmetic of this machine's adapter. */
import process from "node:process";
import { errorText, failures, groups, summarise } from "../engine/index";
import { runSelfTest } from "../runner/self-test";
import type { SelfTestReport } from "../runner/self-test-report";
import { version } from "../runner/version";
import { type Command, parseCommandArgs } from "./args";
import { deviceKinds, openNodeDevice } from "./device";
import { nodeClock, nodeHost } from "./node-runtime";
import { createReporter, durationText } from "./progress";
import { alignColumns } from "./text-table";

const help = `radapt selftest [--json] [--device ${deviceKinds.join("|")}]

Runs every operator on this machine's adapter against the CPU reference, and training
steps of every fine-tuning method against values stored from PyTorch. Prints which
operator or method is wrong, and its error relative to the largest number.
Exit status 1 if a check fails.

  --json     the whole report, every check, as one JSON object on stdout
  --device   webgpu (default) or ${deviceKinds.filter((kind) => kind !== "webgpu").join(", ")}`;

export const selfTestCommand: Command = {
  name: "selftest",
  summary: "[--json]                            check this adapter's arithmetic",
  help,
  run: async (argv) => {
    const args = parseCommandArgs(argv, help, { json: { type: "boolean" }, device: { type: "string" } });
    const kind = args.choice("device", deviceKinds, "webgpu");
    const reporter = createReporter();
    const device = await openNodeDevice(kind, reporter.say);
    const report = await runSelfTest({
      device,
      clock: nodeClock,
      environment: { radapt: version, host: nodeHost },
      onProgress: reporter.progress,
    }).finally(() => device.dispose());
    reporter.event({ type: "finished", outcome: "done" });
    process.stdout.write(args.flag("json") ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report)}\n`);
    return failures(report.rows).length > 0 ? 1 : 0;
  },
};

function reportText({ rows, device, ms }: SelfTestReport): string {
  const failed = failures(rows).map((row) => [
    row.verdict.toUpperCase(),
    row.what,
    `${row.name} ${row.case}`,
    `error ${errorText(row.error)}, allowed ${errorText(row.tolerance)}${row.message ? `; ${row.message}` : ""}`,
  ]);
  const lines = groups(rows).map((g) => [
    g.what,
    g.name,
    `${g.count}`,
    g.failed > 0 ? `${g.failed}` : "",
    errorText(g.largestError),
    errorText(g.tolerance),
  ]);
  return [
    `Adapter: ${device.label}`,
    "",
    ...(failed.length > 0 ? [...alignColumns(failed), ""] : []),
    ...alignColumns([["check", "name", "cases", "failed", "largest error", "allowed"], ...lines]),
    "",
    `${summarise(rows).sentence} (${durationText(ms)})`,
  ].join("\n");
}
