/**
 * Tests the command line as a user meets it: usage errors, unusable files, a plan from CSV to
 * predictions on the CPU device, and the reference case of a step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { readSafetensors } from "../base/safetensors";
import type { RunRecord } from "../bench/record";
import { run } from "../cli";
import { TensorProtoSchema } from "../engine/onnx/onnx.gen";
import { modelBytes, op } from "../engine/onnx/test-files";
import { opDef } from "../engine/ops";
import { PERTURBATIONS } from "../engine/ops/testing";
import { tinyConvNet, writeTinyOnnx } from "../models/testing";
import { parseSelfTestReport } from "../runner/self-test-report";
import { capturePrinted, temporaryFolder as folder, writePlan, writeStudy } from "./testing";

const printed = capturePrinted();

const step = ["step", "--model", "m", "--method", "j", "--batch", "b", "--out", "o"] as const;

test.each([
  [[], "", /Usage:/, 2],
  [["--help"], "", /radapt info[\s\S]*radapt inspect[\s\S]*radapt run[\s\S]*radapt step/, 0],
  [["step", "--help"], "", /--class-weights/, 0],
  [["frobnicate"], /no command "frobnicate"/, "", 2],
  [["run", "plan.json"], /--out is required/, "", 2],
  [["inspect", "--help"], "", /--graph/, 0],
  [["inspect"], /argument is missing/, "", 2],
  [["profile", "--help"], "", /timestamp queries[\s\S]*--method/, 0],
  [["profile"], /argument is missing/, "", 2],
  [["profile", "m.onnx", "--method", "magic"], /--method.*lora/, "", 2],
  [["inspect", "m.onnx", "--size", "0"], /--size.*from 1/, "", 2],
  [["inspect", "/nowhere/m.onnx"], /cannot be read[\s\S]*nowhere/, "", 1],
  [["run", "--out", "x"], /argument is missing/, "", 2],
  [["run", "a.json", "b.json", "--out", "x"], /Unexpected argument "b.json"/, "", 2],
  [["info", "--device", "tpu"], /webgpu or wasm or cpu, got "tpu"/, "", 2],
  [["info", "--verbose"], /--verbose/, "", 2],
  [["selftest", "--help"], "", /against values stored from PyTorch/, 0],
  [["selftest", "--device", "tpu"], /got "tpu"/, "", 2],
  [["step", "--model", "m", "--method", "j", "--batch", "b", "--out", "o", "--steps", "0"], /--steps.*from 1/, "", 2],
  [["step", "--model", "m", "--method", "j", "--batch", "b", "--out", "o", "--optimizer", "{"], /not JSON/, "", 2],
  [["export", "--help"], "", /--backbone/, 0],
  [["export", "a"], /--out is required/, "", 2],
  [["export", "a", "--out", "model.bin"], /ends in \.onnx, got "model\.bin"/, "", 2],
  [["predict", "--help"], "", /p:<class>/, 0],
  [["predict", "m.onnx"], /--images is required/, "", 2],
  [["predict", "m.onnx", "--images", "/nowhere"], /nowhere cannot be opened/, "", 1],
  [[...step, "--optimizer", '{"name":"adam"}'], /adamw or sgd or lion, got "adam"/, "", 2],
  [[...step, "--optimizer", '{"name":"sgd","betas":[0,0]}'], /betas/, "", 2],
  [[...step, "--clip-norm=-1"], /--clip-norm.*from 0/, "", 2],
  [["step", "--model", "m", "--method", "j", "--batch", "b", "--out", "o", "--loss", '{"gamma":-1}'], /gamma/, "", 2],
  [["run", "/nowhere/plan.json", "--out", "/tmp/x"], /cannot be read[\s\S]*nowhere/, "", 1],
] as const)("radapt %j", async (argv, err, out, status) => {
  expect(await run([...argv])).toBe(status);
  expect(printed.err).toMatch(err);
  expect(printed.out).toMatch(out);
});

test("info on the CPU, as JSON", async () => {
  expect(await run(["info", "--json", "--device", "cpu"])).toBe(0);
  const info = JSON.parse(printed.out);
  expect(info.adapter.kind).toBe("cpu");
  expect(info.methods).toContain("lora");
  expect(info.versions.radapt).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the self-test passes on the CPU: a table with a plain last line, or every check as JSON", async () => {
  expect(await run(["selftest", "--device", "cpu"])).toBe(0);
  const lines = printed.out.trim().split("\n");
  expect(lines[0]).toBe("Adapter: CPU (reference)");
  expect(lines.at(-1)).toMatch(/^All \d+ checks pass on this adapter; largest relative error \S+\. \(\d+/);
  expect(lines.filter((line) => /^(op|gradient) +MatMul /.test(line))).toHaveLength(2);
  expect(lines.some((line) => /^method +lora /.test(line))).toBe(true);
  printed.out = "";
  expect(await run(["selftest", "--device", "cpu", "--json"])).toBe(0);
  const report = parseSelfTestReport(JSON.parse(printed.out))!;
  expect(report.device.kind).toBe("cpu");
  expect(report.rows.every(({ verdict }) => verdict === "pass")).toBe(true);
});

test("a self-test that finds a wrong number names it and ends with status 1", async () => {
  // The first case interprets its reference and the perturbed ones before the device computes it.
  const { interpret } = opDef("Softmax");
  const spy = vi.spyOn(opDef("Softmax"), "interpret");
  for (let call = 0; call < PERTURBATIONS + 1; call++) spy.mockImplementationOnce(interpret);
  spy.mockImplementationOnce(([x]) => x);
  expect(await run(["selftest", "--device", "cpu"])).toBe(1);
  expect(printed.out).toMatch(/FAIL +op +Softmax \[3,4\] +error \S+, allowed 2\.0e-5; element \d+ is/);
  expect(printed.out).toMatch(/\d of \d+ checks fail: results from this adapter cannot be trusted/);
});

test("a plan from images and CSV to results, on the real engine; the second call computes nothing", async () => {
  const dir = writeStudy();
  const out = join(dir, "out");
  expect(await run(["run", writePlan(dir), "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toMatch(/24 images[\s\S]*1 rows name no image, e\.g\. missing\.png[\s\S]*6 of 6 runs/);
  const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  const records: RunRecord[] = results.records;
  expect(records.map(({ labels }) => labels.backbone)).toEqual(Array(6).fill("net"));
  const probes = records.filter(({ config }) => config.method.id === "linear-probe");
  for (const { metrics } of probes) expect(metrics.matthews_corrcoef).toBe(1);
  expect(results.aggregate).toHaveLength(2);
  expect(results.pairs[0]).toMatchObject({ metric: "matthews_corrcoef", role: "decides", missingRuns: 0 });
  expect(results.images).toHaveLength(24);
  const csv = readFileSync(join(out, "predictions.csv"), "utf8").trim().split("\n");
  expect(csv[0]).toMatch(/^image,patient,fold,seed,method,.*truth,.*probability/);
  expect(csv).toHaveLength(1 + 2 * 24);
  printed.err = "";
  expect(await run(["run", join(dir, "plan.json"), "--out", out, "--device", "cpu"])).toBe(0);
  expect(printed.err).toMatch(/6 runs, 6 of them finished before/);
  expect(JSON.parse(readFileSync(join(out, "results.json"), "utf8")).records).toEqual(results.records);
});

test("on the processor a plan gives the same bits twice, and its records name the device", async () => {
  const dir = writeStudy();
  const plan = writePlan(dir, { methods: [{ id: "full", training: { epochs: 3, batch: 4 } }], folds: 2 });
  const [first, second] = await ["first", "second"].reduce<Promise<RunRecord[][]>>(async (before, name) => {
    const done = await before;
    const out = join(dir, name);
    expect(await run(["run", plan, "--out", out, "--device", "wasm"])).toBe(0);
    return [...done, JSON.parse(readFileSync(join(out, "results.json"), "utf8")).records];
  }, Promise.resolve([]));
  expect(printed.err).toMatch(/Device: CPU, onnxruntime-web .*wasm/);
  expect(first).toHaveLength(2);
  for (const [i, record] of first.entries()) {
    expect(record.environment.device).toMatch(/^CPU, onnxruntime-web/);
    expect(record.curve.at(-1)!.trainLoss).toBeLessThan(record.curve[0].trainLoss);
    expect(record.predictions).toEqual(second[i].predictions);
    expect(record.id).toBe(second[i].id);
  }
});

test.each([
  [
    "a CSV that names no image",
    { dataset: { images: "images", labels: "labels.csv", columns: { image: "outcome", outcome: "patient" } } },
    /What to do/,
  ],
  ["a dataset of the browser", { dataset: { id: "abc" } }, /browser's storage/],
  ["an unknown method", { methods: [{ id: "magic" }] }, /no method "magic"[\s\S]*linear-probe/],
  ["a backbone that is not there", { backbones: [{ file: "gone.onnx" }] }, /gone\.onnx/],
  ["more folds than patients of a class", { folds: 15 }, /too few patients for 15 folds/],
])("%s ends with status 1 and a remedy", async (_, change, message) => {
  const dir = writeStudy();
  expect(await run(["run", writePlan(dir, change), "--out", join(dir, "out"), "--device", "cpu"])).toBe(1);
  expect(printed.err).toMatch(message);
  expect(printed.err).not.toMatch(/ {4}at /);
});

test("a truncated model and an operator that the engine lacks are named", async () => {
  const dir = writeStudy();
  const whole = tinyConvNet();
  writeFileSync(join(dir, "cut.onnx"), whole.subarray(0, whole.length - 40));
  writeFileSync(
    join(dir, "odd.onnx"),
    writeTinyOnnx({
      inputs: [{ name: "x", shape: ["n", 3, 8, 8] }],
      outputs: [{ name: "y", shape: ["n", 3, 8, 8] }],
      weights: [],
      nodes: [{ op: "Frobnicate", inputs: ["x"], outputs: ["y"] }],
    }),
  );
  for (const [file, message] of [
    ["cut.onnx", /cut\.onnx/],
    ["odd.onnx", /Frobnicate[\s\S]*Frobnicate_0/],
  ] as const) {
    printed.err = "";
    const plan = writePlan(dir, { backbones: [{ file }], methods: [{ id: "full" }], folds: 2 });
    expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(1);
    expect(printed.err).toMatch(message);
  }
});

const structure = (name: string) =>
  fileURLToPath(new URL(`../../tools/reference/structures/${name}.onnx`, import.meta.url));

test("a plan with a head input inside the graph and roles of its own", async () => {
  const dir = writeStudy();
  const out = join(dir, "out");
  const file = structure("vit-tanh-deep");
  const preprocessing = { size: 16, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const roles = { "blocks.*.mlp.up": "mine" };
  const plan = writePlan(dir, {
    backbones: [{ file, preprocessing, feature: "cls4+mean", roles }],
    methods: [
      { id: "linear-probe", training: { epochs: 5 } },
      { id: "lora", config: { r: 2, targets: ["mine"] }, training: { epochs: 1, batch: 8 } },
    ],
    folds: 2,
  });
  expect(await run(["run", plan, "--out", out, "--device", "cpu"])).toBe(0);
  const { records } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { records: RunRecord[] };
  // Four class tokens and a mean token of width 8, two classes; LoRA on five layers 8→16 besides.
  const head = 2 * 5 * 8 + 2;
  expect(new Set(records.map((r) => r.trainableParameters))).toEqual(new Set([head, head + 5 * 2 * (8 + 16)]));
  expect(records[0].config.backbone).toMatchObject({ feature: "cls4+mean", roles });
});

test("inspect prints roles, parameters, operations and doubts", async () => {
  expect(await run(["inspect", structure("swin"), "--size", "32", "--graph"])).toBe(0);
  expect(printed.out).toMatch(/Opset 17[\s\S]*attn\.qkv +× 3 .*stage1\.\*\.attn\.qkv, stage2\.\*\.attn\.qkv/);
  expect(printed.out).toMatch(/merge +× 1 +32→16 +merge\.reduction/);
  expect(printed.out).toMatch(/Warnings\n.*stored numbers[\s\S]*%0 = [\s\S]*return %\d+\n$/);
});

test("inspect compares features with onnxruntime when asked", async () => {
  expect(await run(["inspect", structure("vit-fused"), "--size", "16", "--check", "--device", "cpu", "--json"])).toBe(
    0,
  );
  const { check } = JSON.parse(printed.out);
  expect(check.relativeError).toBeLessThan(1e-5);
  expect(check.note).toMatch(/equal onnxruntime's/);
});

test("inspect as JSON: operations by formula, corrected roles", async () => {
  const roles = join(folder(), "roles.json");
  writeFileSync(roles, JSON.stringify({ "blocks.*.mlp.up": "mine" }));
  expect(await run(["inspect", structure("vit-fused"), "--size", "16", "--json", "--roles", roles])).toBe(0);
  const { flops, totalFlops, roles: found, ops, parameters, info, graph } = JSON.parse(printed.out);
  // Two blocks of width 8 on 17 tokens, patches of 4×4×3 pixels: two operations per weight and
  // token.
  const [tokens, d] = [17, 8];
  expect(Object.fromEntries(flops.map((f: { role: string; flops: number }) => [f.role, f.flops]))).toEqual({
    patch: 2 * 16 * 48 * d,
    "attn.qkv": 2 * 2 * tokens * d * 3 * d,
    attention: 2 * 2 * 2 * tokens * tokens * d,
    "attn.out": 2 * 2 * tokens * d * d,
    mine: 2 * 2 * tokens * d * 2 * d,
    "mlp.down": 2 * 2 * tokens * d * 2 * d,
  });
  expect(totalFlops).toBe(flops.reduce((sum: number, f: { flops: number }) => sum + f.flops, 0));
  expect(found.map((r: { role: string }) => r.role)).toEqual(["patch", "attn.qkv", "attn.out", "mine", "mlp.down"]);
  expect(parameters.reduce((sum: number, p: { elements: number }) => sum + p.elements, 0)).toBe(info.parameters);
  expect(ops.file).toHaveProperty("LayerNormalization");
  expect(ops.passes).toHaveProperty("Standardize");
  expect(graph).toBeUndefined();
  writeFileSync(roles, "[1]");
  expect(await run(["inspect", structure("vit-fused"), "--roles", roles])).toBe(1);
  expect(printed.err).toMatch(/roles are not[\s\S]*roles\.json/);
  writeFileSync(roles, JSON.stringify({ nothing: "mine" }));
  expect(await run(["inspect", structure("vit-fused"), "--roles", roles])).toBe(1);
  expect(printed.err).toMatch(/nothing[\s\S]*blocks\.\*\.mlp\.up/);
});

const cases = fileURLToPath(new URL("../../tools/reference/fixtures", import.meta.url));

test("weights in a second file are found beside the model, and missed by name", async () => {
  const dir = writeStudy();
  const data = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
  const stored = create(TensorProtoSchema, {
    name: "w",
    dataType: 1,
    dims: [4n, 3n, 4n, 4n],
    dataLocation: 1,
    externalData: [{ key: "location", value: "net.data" }],
  });
  const nodes = [
    op("Conv", ["x", "w"], ["c"], { kernel_shape: [4, 4], strides: [4, 4] }),
    op("GlobalAveragePool", ["c"], ["p"]),
    op("Flatten", ["p"], ["y"]),
  ];
  const file = { nodes, weights: [stored], inputs: { x: [1, 3, 8, 8] }, outputs: { y: [1, 4] } };
  writeFileSync(join(dir, "net.onnx"), modelBytes(file));
  const plan = writePlan(dir, { methods: [{ id: "linear-probe", training: { epochs: 5 } }], folds: 2 });
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(1);
  expect(printed.err).toMatch(/another file that is not there: net\.data/);
  writeFileSync(join(dir, "net.data"), new Uint8Array(data.buffer));
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(0);
});

test.each(["clip-lora", "small-clip", "small-passes", "loss-logit-adjusted"])(
  "steps on %s write what PyTorch wrote",
  async (name) => {
    const dir = join(cases, name);
    const args = JSON.parse(readFileSync(join(dir, "args.json"), "utf8"));
    const out = join(folder(), "out.safetensors");
    const files = {
      model: "model.onnx",
      method: "method.json",
      batch: "batch.safetensors",
      adapter: "init.safetensors",
    };
    const status = await run([
      "step",
      ...Object.entries(files).flatMap(([name, file]) => [`--${name}`, join(dir, file)]),
      "--steps",
      String(args.steps),
      "--optimizer",
      JSON.stringify(args.optimizer),
      "--clip-norm",
      String(args.clipNorm ?? 0),
      "--micro-batch",
      String(args.microBatch ?? 0),
      "--head-l2",
      String(args.headL2 ?? 0),
      "--classes",
      String(args.classes),
      ...(args.classWeights ? ["--class-weights", args.classWeights.join(",")] : []),
      "--loss",
      JSON.stringify(args.loss ?? {}),
      "--device",
      "cpu",
      "--out",
      out,
    ]);
    expect(printed.err).toMatch(/trainable parameters/);
    expect(status).toBe(0);
    const got = new Map(readSafetensors(readFileSync(out)).tensors.map((t) => [t.name, t]));
    for (const want of readSafetensors(readFileSync(join(dir, "expected.safetensors"))).tensors) {
      const have = got.get(want.name);
      expect(have?.shape, want.name).toEqual(want.shape);
      const scale = Math.max(1e-6, ...want.data.map(Math.abs));
      const skip: [number, number][] = args.illConditioned[want.name.replace(/^grad\./, "")] ?? [];
      want.data.forEach((value, i) => {
        if (skip.some(([from, to]) => i >= from && i < to)) return;
        expect(Math.abs(have!.data[i] - value) / scale).toBeLessThan(1e-3);
      });
    }
  },
);
