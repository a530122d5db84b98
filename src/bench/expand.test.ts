/** A plan becomes each of its runs once, in the right order, with its methods' own settings. */
import { describe, expect, it } from "vitest";
import { type CompleteMethod, expandPlan, type ResolvedBackbone, runId } from "./expand";
import { type PlanInput, planSchema } from "./plan";

const backbone: ResolvedBackbone = {
  name: "Tiny",
  sha256: "ab",
  feature: "auto",
  preprocessing: { size: 32, resize: 32, interpolation: "bicubic", crop: "crop", mean: [0, 0, 0], std: [1, 1, 1] },
};
const dataset = { name: "Chest", fingerprint: "cd", images: [] };
const complete: CompleteMethod = (id, config) => ({ config: id === "lora" ? { r: 8, ...config } : config, label: id });
const planOf = (change: Partial<PlanInput> = {}) =>
  planSchema.parse({
    dataset: { demo: true },
    backbones: [{ id: "tiny" }],
    methods: [{ id: "linear-probe" }, { id: "lora", training: { lr: 1e-4 } }],
    regimes: ["full", { shots: 8 }, { shots: 2 }],
    folds: 3,
    seeds: [0, 7],
    training: { epochs: 5, lr: 0.5 },
    ...change,
  });

describe("expandPlan", () => {
  const runs = expandPlan(planOf(), dataset, [backbone], complete);

  it("makes every combination once", async () => {
    expect(runs.length).toBe(2 * 3 * 3 * 2);
    const ids = await Promise.all(runs.map((run) => runId(run.config)));
    expect(new Set(ids).size).toBe(runs.length);
    expect(ids[0]).toMatch(/^[0-9a-f]{20}$/);
  });

  it("starts with every method of seed 0, fold 0, few shots first", () => {
    const rows = runs.map(({ config: c }) => [
      c.seed,
      c.split.part,
      c.regime === "full" ? "full" : c.regime.shots,
      c.method.id,
    ]);
    expect(rows.slice(0, 7)).toEqual([
      [0, "0", 2, "linear-probe"],
      [0, "0", 2, "lora"],
      [0, "0", 8, "linear-probe"],
      [0, "0", 8, "lora"],
      [0, "0", "full", "linear-probe"],
      [0, "0", "full", "lora"],
      [0, "1", 2, "linear-probe"],
    ]);
    expect(rows.findIndex(([seed]) => seed === 7)).toBe(18);
  });

  it("lets a method override the plan's training, and nothing it does not name", () => {
    expect(runs[0].config.training).toMatchObject({ epochs: 5, lr: 0.5, batch: 16 });
    expect(runs[1].config.training).toMatchObject({ epochs: 5, lr: 1e-4, batch: 16 });
    expect(runs[1].config.method).toEqual({ id: "lora", config: { r: 8 } });
    expect(runs[1].labels).toEqual({ dataset: "Chest", backbone: "Tiny", method: "lora" });
  });

  it("drops what would be computed twice, and ignores labels in a run's id", async () => {
    const twice = planOf({
      methods: [{ id: "lora" }, { id: "lora", config: { r: 8 }, label: "again" }],
      seeds: [0, 0],
    });
    const once = planOf({ methods: [{ id: "lora", label: "Other name" }], seeds: [0] });
    const a = expandPlan(twice, dataset, [backbone], complete);
    const b = expandPlan(once, { ...dataset, name: "renamed" }, [backbone], complete);
    expect(a.length).toBe(9);
    expect(await runId(a[0].config)).toBe(await runId(b[0].config));
    expect(b[0].labels.method).toBe("Other name");
  });

  it("refuses a plan whose backbones were not all resolved", () => {
    expect(() => expandPlan(planOf(), dataset, [], complete)).toThrow(/backbones/);
  });
});
