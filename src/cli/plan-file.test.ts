/**
 * Plan files: the examples are valid, errors name the place of a mistake, and the published schema
 * is up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { completeMethod } from "../engine/adapters";
import { methodFromPeftConfig } from "../engine/index";
import { resolveRuns } from "../runner/resolve";
import { tinyBackbone, tinyDataset } from "../runner/testing";
import { parsePlan, planJsonSchema, readPlan } from "./plan-file";
import { temporaryFolder } from "./testing";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = readdirSync(join(root, "examples"));
const good = {
  dataset: { demo: true },
  backbones: [{ id: "radapt-hybrid-xs" }],
  methods: [{ id: "linear-probe" }],
};

test("schemas/plan.schema.json is current (vitest -u writes it anew)", async () => {
  await expect(`${JSON.stringify(planJsonSchema(), null, 2)}\n`).toMatchFileSnapshot("../../schemas/plan.schema.json");
});

test.each(examples.filter((name) => !name.startsWith("method-")))(
  "examples/%s is a plan that can run",
  async (name) => {
    const plan = await readPlan(join(root, "examples", name));
    const backbones = plan.backbones.map((_, i) => ({ ...tinyBackbone, sha256: String(i) }));
    const runs = await resolveRuns(plan, tinyDataset().row, backbones);
    const parts = plan.backbones.length * plan.folds * plan.repeats;
    // On all images, a method that no seed changes runs once per part.
    const seedsOf = ({ id }: { id: string }, regime: unknown) =>
      regime === "full" && completeMethod(id, {}).deterministic ? 1 : plan.seeds.length;
    const perPart = plan.methods.flatMap((method) => plan.regimes.map((regime) => seedsOf(method, regime)));
    const count = parts * perPart.reduce((sum, runs) => sum + runs, 0);
    expect(runs).toHaveLength(count);
  },
);

test.each(examples.filter((name) => name.startsWith("method-")))("examples/%s is a method", (name) => {
  const json = JSON.parse(readFileSync(join(root, "examples", name), "utf8"));
  expect(methodFromPeftConfig(json).id).toBeTruthy();
});

test.each([
  ["a misspelt field", { ...good, fold: 3 }, /unknown field fold/],
  ["a number out of range", { ...good, folds: 1 }, /folds: .*(got 1)/],
  [
    "a missing column",
    { ...good, dataset: { images: "a", labels: "b", columns: { image: "f" } } },
    /dataset\.columns\.outcome/,
  ],
  ["a wrong regime", { ...good, regimes: ["full", { shots: 0 }] }, /regimes\[1\]\.shots.*got 0/],
  ["nothing", {}, /dataset.*got nothing[\s\S]*backbones[\s\S]*methods/],
])("the error names the place of %s", (_, plan, message) => {
  expect(() => parsePlan(plan, "plan.json")).toThrow(message);
  expect(() => parsePlan(plan, "plan.json")).toThrow(/Where: plan\.json[\s\S]*What to do/);
});

test("a file that is no JSON says where it breaks off", async () => {
  const path = join(temporaryFolder(), "plan.json");
  writeFileSync(path, '{"dataset": {"demo": true},}');
  await expect(readPlan(path)).rejects.toThrow(/not JSON[\s\S]*plan\.json/);
});

test("a method's own training settings override its defaults, which override the plan's", async () => {
  const plan = parsePlan(
    {
      ...good,
      methods: [{ id: "lora" }, { id: "lora", config: { r: 2 }, training: { lr: 7e-5 } }, { id: "linear-probe" }],
      training: { epochs: 3, lr: 0.5 },
    },
    "plan.json",
  );
  const runs = await resolveRuns({ ...plan, folds: 2 }, tinyDataset().row, [tinyBackbone]);
  const [lora, own, probe] = runs.map(({ config }) => config.training);
  expect(lora.lr).toBe(3e-3);
  expect(own.lr).toBe(7e-5);
  expect(probe.lr).toBe(0.5);
  expect([lora, own, probe].map(({ epochs }) => epochs)).toEqual([3, 3, 3]);
});
