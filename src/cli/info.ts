/** `radapt info`: prints the adapter, its limits, and the versions in use. */
import process from "node:process";
import { messageOf } from "../base";
import { methodIds } from "../engine/index";
import { embeddedBackbones } from "../models/manifest";
import { version } from "../runner/version";
import { type Command, parseCommandArgs } from "./args";
import { deviceHelp, deviceKinds, openNodeDevice } from "./device";
import { nodeFeatureRuntime } from "./node-runtime";

const help = `radapt info [--json] [--device webgpu|wasm|cpu]

Prints the graphics adapter, its features and limits, and the versions in use.
Exit status 1 if there is no adapter; then prints the reason and the remedy.

  --json     as one JSON object on stdout
  --device   ${deviceHelp}`;

export const infoCommand: Command = {
  name: "info",
  summary: "[--json]                            adapter, features, limits, versions",
  help,
  run: async (argv) => {
    const args = parseCommandArgs(argv, help, { json: { type: "boolean" }, device: { type: "string" } });
    const kind = args.choice("device", deviceKinds, "webgpu");
    const versions = {
      radapt: version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      featureRuntime: nodeFeatureRuntime().label,
    };
    const common = { versions, methods: methodIds, backbones: embeddedBackbones.map(({ row }) => row.id) };
    let adapter = null;
    let error: string | null = null;
    try {
      const device = await openNodeDevice(kind, (line) => void process.stderr.write(`${line}\n`));
      adapter = device.info;
      device.dispose();
    } catch (reason) {
      error = messageOf(reason);
    }
    if (args.flag("json")) process.stdout.write(`${JSON.stringify({ ...common, adapter, error }, null, 2)}\n`);
    else {
      const lines = [
        `Radapt ${versions.radapt}, Node ${versions.node}, ${versions.platform}`,
        `Features of frozen backbones: ${versions.featureRuntime}`,
        `Methods: ${common.methods.join(", ")}`,
        `Shipped backbones: ${common.backbones.join(", ") || "none"}`,
        `Adapter: ${adapter ? adapter.label : "none"}`,
      ];
      if (adapter) {
        lines.push(`Features: ${adapter.features.join(", ") || "none"}`, "Limits:");
        for (const [name, value] of Object.entries(adapter.limits)) lines.push(`  ${name}: ${value}`);
      }
      process.stdout.write(`${lines.join("\n")}\n`);
      if (error) process.stderr.write(`radapt: ${error}\n`);
    }
    return error ? 1 : 0;
  },
};
