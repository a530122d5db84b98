/**
 * `radapt inspect`: prints the contents of an ONNX file, the roles of its layers, and the cost of a
 * forward pass.
 */
import process from "node:process";
import { z } from "zod";
import { RadaptError } from "../base";
import { rolesSchema } from "../bench/plan";
import { createTrainer, type Inspection, inspectModel, type Model, openModel, printModel } from "../engine/index";
import { type ModelFiles, splitFiles } from "../models/files";
import { checkBackbone } from "../runner/add-backbone";
import { type Command, parseCommandArgs } from "./args";
import { deviceHelp, deviceKinds, type NodeDeviceKind, openNodeDevice } from "./device";
import { nodeFeatureRuntime, readJson, readModelFile } from "./node-runtime";
import { alignColumns } from "./text-table";

const help = `radapt inspect model.onnx [--json] [--graph] [--size N] [--roles roles.json]
               [--check [--device webgpu|wasm|cpu]]

Prints the contents of the file, the roles of its layers and weights, its parameters, the
floating-point operations of one image's forward pass, and warnings about uncertain roles.

  --json    as one JSON object on stdout
  --graph   also print the graph as it is trained, after all passes, one value per line
  --size    image height and width if the file leaves them free; default 224
  --roles   JSON of role corrections: {"layers.*.mlp.fc1": "mlp.up"}; the same object
            is allowed under "roles" of a backbone in a plan
  --check   also compare the engine's features with onnxruntime's for an image of noise;
            exit status 1 if they differ
  --device  for --check: ${deviceHelp}`;

const million = (n: number) => (n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : n.toLocaleString("en"));
const giga = (n: number) => `${(n / 1e9).toPrecision(4)} G`;

function opsLine(ops: Record<string, number>): string {
  const rows = Object.entries(ops).sort(([, a], [, b]) => b - a);
  return `${rows.reduce((sum, [, n]) => sum + n, 0)}: ${rows.map(([op, n]) => `${op} ${n}`).join(", ")}`;
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

const some = (texts: readonly string[], most: number) =>
  texts.length > most ? `${texts.slice(0, most).join(", ")}, … (${texts.length})` : texts.join(", ");

function report({ info, ops, roles, parameters, flops, totalFlops, warnings }: Inspection): string {
  const shape = (dims: readonly number[]) => `[${dims.join(", ")}]`;
  const size = `${info.input.shape[1]} × ${info.input.shape[2]}`;
  return [
    `Opset ${info.opset}${info.producer ? `, written by ${info.producer}` : ""}`,
    `Input   ${info.input.name} [N, ${info.input.shape.join(", ")}]`,
    ...info.outputs.map((o) => `Output  ${o.name} ${shape(o.shape)}`),
    "",
    `Operators in the file  ${opsLine(ops.file)}`,
    `After reading          ${opsLine(ops.read)}`,
    `After passes           ${opsLine(ops.passes)}`,
    "",
    "Layers by role",
    ...indented(alignColumns(roles.map((r) => [r.role, `× ${r.count}`, some(r.shapes, 4), some(r.modules, 4)]))),
    "",
    `Parameters  ${info.parameters.toLocaleString("en")}`,
    ...indented(alignColumns(parameters.map((p) => [p.role, `× ${p.count}`, million(p.elements)]))),
    "",
    `FLOPs of one image at ${size}  ${giga(totalFlops)} (${giga(totalFlops / 2)} multiply-adds)`,
    ...indented(alignColumns(flops.map((f) => [f.role, giga(f.flops)]))),
    ...(info.notes.length > 0 ? ["", "Notes", ...info.notes.map((note) => `  ${note}`)] : []),
    ...(warnings.length > 0 ? ["", "Warnings", ...warnings.map((w) => `  ${w}`)] : []),
  ].join("\n");
}

function parseRoles(json: unknown, where: string): Record<string, string> {
  const parsed = rolesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new RadaptError("The roles are not an object of module patterns and roles.", {
    code: "roles.bad",
    where,
    expected: '{"<module pattern>": "<role>", …}',
    got: z.prettifyError(parsed.error),
    remedy: 'Write an object such as {"layers.*.mlp.fc1": "mlp.up"}.',
  });
}

/**
 * Compares the engine's features with onnxruntime's. @throws RadaptError `backbone.check` if they
 * differ
 */
async function checkFeatures(model: Model, files: ModelFiles, path: string, kind: NodeDeviceKind) {
  const device = await openNodeDevice(kind, (line) => void process.stderr.write(`${line}\n`));
  const tools = { createTrainer, runtime: nodeFeatureRuntime(), device };
  const wanted = { name: path, shape: model.info.input.shape, feature: "auto" } as const;
  const { relativeError, featureWidth, note } = await checkBackbone(model, files, wanted, tools);
  return { device: device.info.label, relativeError, featureWidth, note };
}

export const inspectCommand: Command = {
  name: "inspect",
  summary: "model.onnx [--json] [--graph] [--check]  roles, parameters, FLOPs of a backbone",
  help,
  run: async (argv) => {
    const args = parseCommandArgs(
      argv,
      help,
      {
        json: { type: "boolean" },
        graph: { type: "boolean" },
        size: { type: "string" },
        roles: { type: "string" },
        check: { type: "boolean" },
        device: { type: "string" },
      },
      { least: 1, most: 1 },
    );
    const imageSize = args.text("size") === undefined ? undefined : args.integer("size", 224, 1);
    const rolesPath = args.text("roles");
    const roles = rolesPath === undefined ? undefined : parseRoles(await readJson(rolesPath), rolesPath);
    const deviceKind = args.choice("device", deviceKinds, "webgpu");
    const path = args.positionals[0];
    const stored = await readModelFile(path);
    const files = splitFiles(stored.bytes, stored.external);
    const external = (location: string) => files.external.get(location);
    const model = openModel(files.bytes, { imageSize, roles, external });
    const inspection = inspectModel(model, { imageSize });
    const graph = args.flag("graph") ? printModel(model, { imageSize }) : undefined;
    const check = args.flag("check") ? await checkFeatures(model, files, path, deviceKind) : undefined;
    const text = args.flag("json")
      ? JSON.stringify({ ...inspection, graph, check }, null, 2)
      : [
          report(inspection),
          ...(graph ? ["", graph.trimEnd()] : []),
          ...(check ? ["", `Check on ${check.device}: ${check.note}`] : []),
        ].join("\n");
    process.stdout.write(`${text}\n`);
    return 0;
  },
};
