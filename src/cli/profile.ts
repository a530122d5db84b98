/** `radapt profile`: shows where a training step of a backbone spends its time on this adapter. */
import process from "node:process";
import { methodIds, openModel, totalBytes } from "../engine/index";
import { type DispatchGroup, longest } from "../engine/profile/dispatch-groups";
import { splitFiles } from "../models/files";
import { profileBackbone } from "../runner/profile";
import { reachedBy } from "../runner/profile-report";
import { type Command, parseCommandArgs } from "./args";
import { openTimedDevice } from "./device";
import { readModelFile } from "./node-runtime";

const help = `radapt profile model.onnx [--method lora] [--batch 8] [--size N] [--json]

Times every dispatch of one training step with WebGPU's timestamp queries. Prints milliseconds,
share, 10^9 floating-point operations and 10^9 bytes per second, by kind of kernel and by module,
and the rates of matrix products on this adapter.

  --method  ${methodIds.join(", ")}; with its defaults
  --batch   images per step; default 8
  --size    image height and width if the file leaves them free; default 224
  --json    as one JSON object on stdout, dispatch by dispatch

Device memory comes from the step's memory plan. Each operand's bytes count once: the least traffic.`;

const MAX_GROUPS = 21;

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function groupTable(title: string, groups: readonly DispatchGroup[]): string[] {
  const all = groups.reduce((sum, g) => sum + g.us, 0);
  const number = (value: number, width: number) =>
    (Number.isFinite(value) && value > 0 ? value.toFixed(2) : "").padStart(width);
  const rows = longest(groups, MAX_GROUPS).map(({ name, count, us, flops, bytes }) => {
    const share = `${((100 * us) / all).toFixed(1)} %`.padStart(8);
    const cells = [
      number(us / 1000, 10),
      share,
      String(count).padStart(6),
      number(flops / us / 1000, 9),
      number(bytes / us / 1000, 7),
    ];
    return `${cells.join(" ")}  ${name}`;
  });
  return ["", title, "        ms    share  count  GFLOP/s    GB/s", ...rows];
}

export const profileCommand: Command = {
  name: "profile",
  summary: "model.onnx [--method lora] [--batch 8]  where a training step spends its time",
  help,
  run: async (argv) => {
    const text = { type: "string" } as const;
    const options = { method: text, batch: text, size: text, json: { type: "boolean" } } as const;
    const args = parseCommandArgs(argv, help, options, { least: 1, most: 1 });
    const id = args.choice("method", methodIds, "lora");
    const batch = args.integer("batch", 8, 1);
    const imageSize = args.text("size") === undefined ? undefined : args.integer("size", 224, 1);
    const stored = await readModelFile(args.positionals[0]);
    const files = splitFiles(stored.bytes, stored.external);
    const model = openModel(files.bytes, { imageSize, external: (location) => files.external.get(location) });
    const { device, timer } = await openTimedDevice((line) => void process.stderr.write(`${line}\n`));
    const report = await profileBackbone({ model, device, timer, method: id, batch, size: imageSize });
    const { size, ms, memory, dispatches, products, best, flops, kernels, modules } = report;
    if (args.flag("json")) {
      const json = { device: report.device, method: id, batch, size, ms, memory, rates: products, dispatches };
      process.stdout.write(`${JSON.stringify(json)}\n`);
      return 0;
    }
    const reached = reachedBy(report);
    const lines = [
      `${report.device}: ${report.method}, ${size} px, batch ${batch}`,
      `One step: ${ms.toFixed(1)} ms, ${dispatches.length} dispatches, ${(flops / 1e9).toFixed(2)} GFLOP: ` +
        `${reached.toFixed(2)} GFLOP/s, ${((100 * reached) / best).toFixed(0)} % of the best product below`,
      `Device memory: ${mib(totalBytes(memory))}: weights ${mib(memory.weights)}, ` +
        `activations ${mib(memory.activations)}, trainables and optimizer state ${mib(memory.optimizer)}, ` +
        `inputs and losses ${mib(memory.workspace)}`,
      ...groupTable("By kernel", kernels),
      ...groupTable("By module", modules),
      "",
      "Matrix products on this adapter, GFLOP/s",
      ...products.map((rate) => `${rate.gflops.toFixed(2).padStart(10)}  ${rate.product}`),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return 0;
  },
};
