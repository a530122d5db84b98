/**
 * Tests the draft of a plan: seeds from text, the number of runs, validation, and the plan that it
 * makes.
 */
import { beforeEach, expect, test } from "vitest";
import { settingRows } from "../../base/setting";
import { augmentPresets, presetTraining } from "../../bench/augment-presets";
import { planSchema, planSplit } from "../../bench/plan";
import { protocols } from "../../bench/protocols";
import { trainingSchema } from "../../bench/training";
import { sampleDataset } from "./fakes";
import { methods } from "./methods";
import {
  addMethod,
  changeMethod,
  choosePreset,
  choosePrimaryMetric,
  chooseProtocol,
  draftCautions,
  draftFrom,
  draftPlan,
  draftProblems,
  draftRunCount,
  draftStore,
  initialDraft,
  parseNumbers,
  parseSeeds,
  presetLabel,
  removeMethod,
  setDraft,
  setPrimary,
  setSplit,
  setTraining,
} from "./plan-draft";
import { planPower } from "./plan-power";

/** 12 patients without the outcome and 6 with it, two images each. */
const dataset = sampleDataset({
  images: Array.from({ length: 36 }, (_, i) => {
    const patient = `p${Math.floor(i / 2)}`;
    const label = i < 24 ? 0 : 1;
    return { name: `${i}.png`, patient, label, sha256: `${i}`, bytes: 1, width: 8, height: 8 };
  }),
});

beforeEach(() => draftStore.setState({ ...initialDraft(), backboneIds: ["tiny"], shots: [4] }));

test("seeds are read from lists and ranges", () => {
  expect(parseSeeds("0, 1 2;5")).toEqual([0, 1, 2, 5]);
  expect(parseSeeds("0-3, 2")).toEqual([0, 1, 2, 3]);
  expect(parseSeeds("")).toEqual([]);
  expect(parseSeeds("one")).toBeNull();
  expect(parseSeeds("9-1")).toBeNull();
});

test("the default draft, with shots that fit, is a valid plan, and its runs are counted", () => {
  expect(draftProblems(draftStore.getState(), dataset)).toEqual({});
  expect(draftRunCount(draftStore.getState(), dataset)).toBe(1 * 2 * 2 * 5 * 1);
  const plan = draftPlan(draftStore.getState(), dataset);
  expect(planSchema.parse(plan)).toEqual(plan);
});

test("the plan's own training settings reach methods that do not override them", () => {
  setTraining({ epochs: 7 });
  addMethod("full");
  const plan = draftPlan(draftStore.getState(), dataset);
  expect(plan.training.epochs).toBe(7);
  expect(plan.methods.at(-1)?.training).not.toHaveProperty("epochs");
});

test("a method that a chosen backbone does not support has a problem beside it", () => {
  addMethod("vpt");
  const draft = draftStore.getState();
  const { key } = draft.methods.at(-1)!;
  const lacks = { tokens: "no attention, hence no tokens" };
  const plain = { name: "Plain ViT", info: { lacks: {} } };
  const unread = { name: "Unread", info: undefined };
  expect(draftProblems(draft, dataset, [plain, unread])).toEqual({});
  const problems = draftProblems(draft, dataset, [plain, { name: "ResNet", info: { lacks } }]);
  expect(Object.keys(problems)).toEqual([`method.${key}`]);
  expect(problems[`method.${key}`]).toContain("ResNet (it has no attention, hence no tokens)");
});

test("a missing choice has a problem beside its field", () => {
  setDraft({ backboneIds: [], methods: [], full: false, shots: [], seeds: "x" });
  const problems = draftProblems(draftStore.getState(), undefined);
  expect(Object.keys(problems).sort()).toEqual(["backbones", "dataset", "methods", "regimes", "seeds"]);
});

test("folds and shots that the data cannot give are refused beside their field", () => {
  setSplit({ folds: 7 });
  expect(draftProblems(draftStore.getState(), dataset).split).toMatch(/"Y" has too few patients for 7 folds/);
  setSplit({ folds: 3 });
  setDraft({ shots: [2, 8] });
  expect(draftProblems(draftStore.getState(), dataset).regimes).toMatch(/too few training images for 8 shots/);
  setDraft({ shots: [2] });
  for (const folds of [1, 21, 2.5, Number.NaN]) {
    setSplit({ folds });
    expect(draftProblems(draftStore.getState(), dataset)).toEqual({ "split.folds": "Between 2 and 20 folds." });
    expect(draftRunCount(draftStore.getState(), dataset)).toBe(0);
  }
});

test("settings of every method are checked against their declaration", () => {
  setDraft({ methods: [] });
  for (const { id, config } of methods) {
    const numeric = settingRows(config).find((row) => !row.hidden && row.max !== undefined);
    if (!numeric) continue;
    addMethod(id);
    const entry = draftStore.getState().methods.at(-1)!;
    changeMethod(entry.key, { config: { ...entry.config, [numeric.key]: numeric.max! + 1 } });
    expect(draftProblems(draftStore.getState(), dataset)[`method.${entry.key}.${numeric.key}`]).toMatch(/At most/);
  }
});

test("text gives lists of numbers, and a part that is no number has a problem beside its field", () => {
  expect(parseNumbers("0.01, 1e-3;0.0001,")).toEqual([0.01, 1e-3, 1e-4]);
  expect(parseNumbers(" ")).toEqual([]);
  setTraining({ headLrs: parseNumbers("0.01, x") });
  expect(draftProblems(draftStore.getState(), dataset)["training.headLrs"]).toMatch(/0\.01, 0\.001/);
  setTraining({ headLrs: [0.01, -1] });
  expect(draftProblems(draftStore.getState(), dataset)["training.headLrs"]).toMatch(/above 0/);
  setTraining({ headLrs: [0.01, 1e-3] });
  const { methods } = draftStore.getState();
  changeMethod(methods[0].key, { training: { ...methods[0].training, headLrs: [Number.NaN] } });
  expect(Object.keys(draftProblems(draftStore.getState(), dataset))).toEqual([
    `method.${methods[0].key}.training.headLrs`,
  ]);
});

test("settings that correct twice for rare classes are warned of, a method's own included", () => {
  expect(draftCautions(draftStore.getState())).toEqual([]);
  setTraining({ sampling: "balanced" });
  expect(draftCautions(draftStore.getState())).toEqual([expect.stringMatching(/one suffices/)]);
  setTraining({ classWeights: "none" });
  expect(draftCautions(draftStore.getState())).toEqual([]);
  const { methods } = draftStore.getState();
  changeMethod(methods[0].key, { training: { ...methods[0].training, classWeights: "effective" } });
  expect(draftCautions(draftStore.getState())).toEqual([expect.stringMatching(/effective class weights/)]);
  expect(draftProblems(draftStore.getState(), dataset)).toEqual({});
});

test("a set of transforms is chosen at once, its ranges at their defaults, and reaches the plan", () => {
  for (const preset of augmentPresets) {
    setTraining({ epochs: 9, augmentRotation: 40 });
    setTraining(presetTraining(preset));
    const { training } = draftPlan(draftStore.getState(), dataset);
    expect(training).toEqual(trainingSchema.parse({ epochs: 9, ...preset.training }));
  }
  expect(augmentPresets[0].training.augment).not.toContain("flip");
});

test("a plan that was stored before there was some setting gives it its default", () => {
  const plan = draftPlan(draftStore.getState(), dataset);
  const { loss, ...before } = plan.training;
  draftFrom({ ...plan, training: before as typeof plan.training });
  expect(draftStore.getState().training.loss).toBe(loss);
});

test("every registered protocol can be chosen, and the plan names it with its settings", () => {
  for (const { id } of protocols) {
    chooseProtocol(id);
    expect(planSplit(draftPlan(draftStore.getState(), dataset))).toEqual(draftStore.getState().split);
  }
});

test("a plan of the default protocol names its folds alone, so that its id stays", () => {
  setSplit({ folds: 3 });
  const plan = draftPlan(draftStore.getState(), dataset);
  expect(plan.folds).toBe(3);
  expect(plan).not.toHaveProperty("split");
});

test("a plan names what decides where it differs from the default, so that its id stays", () => {
  expect(draftPlan(draftStore.getState(), dataset)).not.toHaveProperty("primary");
  choosePrimaryMetric("roc_auc");
  setPrimary({ reference: draftStore.getState().methods[1].key });
  expect(draftPlan(draftStore.getState(), dataset).primary).toEqual({ metric: "roc_auc", reference: 1 });
  setPrimary({ equivalence: 0.1 });
  const plan = draftPlan(draftStore.getState(), dataset);
  expect(plan.primary).toEqual({ metric: "roc_auc", reference: 1, equivalence: 0.1 });
  draftStore.setState(initialDraft());
  draftFrom(plan);
  expect(draftPlan(draftStore.getState(), dataset)).toEqual(plan);
  removeMethod(draftStore.getState().methods[1].key);
  expect(draftPlan(draftStore.getState(), dataset).primary).toEqual({ metric: "roc_auc", equivalence: 0.1 });
  setPrimary({ equivalence: Number.NaN });
  expect(Object.keys(draftProblems(draftStore.getState(), dataset))).toEqual(["equivalence"]);
});

test("an earlier plan gives its choices back", () => {
  setDraft({ name: "Mine", seeds: "3, 4", shots: [2], full: false });
  setSplit({ folds: 4 });
  const plan = draftPlan(draftStore.getState(), dataset);
  draftStore.setState(initialDraft());
  draftFrom(plan);
  expect(draftPlan(draftStore.getState(), dataset)).toEqual(plan);
});

test("a preset sets a method's settings and training at once, and is known by them", () => {
  for (const { id, presets = [] } of methods) {
    setDraft({ methods: [] });
    addMethod(id);
    const entry = () => draftStore.getState().methods[0];
    const start = entry();
    expect(presetLabel(start)).toBe("Radapt default");
    for (const preset of presets) {
      choosePreset(entry(), preset.label);
      expect(presetLabel(entry())).toBe(preset.label);
      expect(entry().config).toMatchObject(preset.config);
      expect(entry().training).toMatchObject(preset.training ?? {});
      expect(draftProblems(draftStore.getState(), dataset)).toEqual({});
    }
    choosePreset(entry(), "Radapt default");
    expect(entry()).toEqual(start);
  }
  addMethod("lora");
  const own = draftStore.getState().methods.at(-1)!;
  changeMethod(own.key, { config: { ...own.config, r: 5 } });
  expect(presetLabel(draftStore.getState().methods.at(-1)!)).toBeNull();
});

test("the plan says which difference it could show, and proposes repeats where they help", () => {
  const power = planPower(draftStore.getState(), dataset)!;
  expect(power.testPatients.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3);
  expect(power.reach).toBe(1);
  expect(power.proposal?.repeats).toBe(5);
  expect(power.proposal!.detectable).toBeLessThan(power.detectable);
  setDraft({ repeats: 5 });
  expect(planPower(draftStore.getState(), dataset)).toMatchObject({
    detectable: power.proposal!.detectable,
    proposal: null,
  });
  const { shots } = draftStore.getState();
  setDraft({ shots: [...shots, 1, 2, 4] });
  const amounts = planPower(draftStore.getState(), dataset)!.detectable;
  setDraft({ shots });
  expect(amounts).toBeGreaterThan(planPower(draftStore.getState(), dataset)!.detectable);
  addMethod("full");
  const every = planPower(draftStore.getState(), dataset)!.detectable;
  setPrimary({ reference: draftStore.getState().methods[0].key });
  expect(planPower(draftStore.getState(), dataset)!.detectable).toBeLessThan(every);
  setSplit({ folds: 18 });
  expect(planPower(draftStore.getState(), dataset)).toBeNull();
  expect(planPower(draftStore.getState(), undefined)).toBeNull();
});

test("the unit is what suits the dataset, until a person or an earlier plan chooses", () => {
  setDraft({ backboneIds: ["b"] });
  const unitOf = (of = dataset) => draftPlan(draftStore.getState(), of).unit;
  expect(unitOf()).toBe("patient-mean");
  expect(unitOf({ ...dataset, grouping: "image" })).toBeUndefined();
  setDraft({ unit: "patient-maximum" });
  expect(unitOf()).toBe("patient-maximum");
  const { unit, ...earlier } = draftPlan(draftStore.getState(), dataset);
  draftFrom(earlier);
  expect(draftStore.getState().unit).toBe("image");
  expect(draftPlan(draftStore.getState(), dataset)).not.toHaveProperty("unit");
});
