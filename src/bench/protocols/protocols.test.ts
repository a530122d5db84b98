/** Split protocols beside the first one: nothing outside this folder counts folds. */
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { settingRows } from "../../base/setting";
import { aggregate } from "../aggregate";
import { comparedGroups, correctedT, verdictOf } from "../comparisons";
import { expandPlan, runId } from "../expand";
import { predictionsCsv } from "../export";
import { planSchema, planSplit, splitFields } from "../plan";
import type { RunRecord } from "../record";
import { groupRuns } from "../run-groups";
import { splitRun, trySplits } from "../split";
import { before, makeRecord } from "../testing";
import {
  comparePartNames,
  describeSplit,
  overlapOf,
  partLabel,
  partNouns,
  partShortLabel,
  partTitle,
  protocolOf,
  protocols,
  type RunSplit,
  type SplitProtocol,
  splitSchema,
} from "./index";
import { defineProtocol } from "./protocol";

test("a plan names a protocol with its settings; one that writes folds alone means the first", () => {
  const plan = planSchema.parse(before.planFile);
  expect(plan).toEqual({ ...before.storedPlan, repeats: 1 });
  expect(planSplit(plan)).toEqual({ protocol: "stratified-group-k-fold", folds: 3 });
  const split = { protocol: "stratified-group-k-fold", folds: 4 };
  expect(planSplit(planSchema.parse({ ...before.planFile, split }))).toEqual(split);
  expect(splitSchema.parse({ protocol: "stratified-group-k-fold" })).toEqual({ ...split, folds: 5 });
  for (const bad of [{ ...split, folds: 1 }, { ...split, fold: 0 }, { protocol: "magic" }])
    expect(splitSchema.safeParse(bad).success).toBe(false);
});

test("every protocol has an id of its own, and settings with defaults", () => {
  expect(new Set(protocols.map(({ id }) => id)).size).toBe(protocols.length);
  for (const { config } of protocols) expect(config.safeParse({}).success).toBe(true);
});

/** The protocols of a plan, without the one that this file adds below. */
const registered = [...protocols];

test("a plan keeps the settings of every protocol, and names the default one by its folds alone", () => {
  for (const { id } of registered) {
    const split = splitSchema.parse({ protocol: id });
    expect(planSplit(planSchema.parse({ ...before.planFile, ...splitFields(split) }))).toEqual(split);
  }
  expect(splitFields({ protocol: "stratified-group-k-fold", folds: 4 })).toEqual({ folds: 4 });
  const other = { protocol: "another", share: 0.2 };
  expect(splitFields(other)).toEqual({ split: other });
});

test("every protocol describes itself for forms and notes", () => {
  for (const { id, config } of registered) {
    expect(settingRows(config).every(({ title, description }) => title && description)).toBe(true);
    for (const grouping of ["patient", "image"] as const)
      expect(describeSplit(splitSchema.parse({ protocol: id }), grouping)).toMatch(/^\S.*[^.]$/);
  }
  const split = { protocol: "stratified-group-k-fold", folds: 3 };
  expect(describeSplit(split, "patient")).toBe("3 folds by patient");
  expect(describeSplit(split, "image")).toBe("3 folds image by image");
  expect(partNouns(split)).toBe("folds");
});

test("a protocol that is not here is reported with what to do", () => {
  expect(() => protocolOf({ protocol: "magic" })).toThrow(/stratified-group-k-fold[\s\S]*magic[\s\S]*newer/);
});

test("parts are named for tables and in words, and ordered by the numbers in their names", () => {
  const split = { protocol: "stratified-group-k-fold", folds: 12, splitSeed: 42, part: "9" };
  expect(partLabel(split)).toBe("fold 10 of 12");
  expect(partShortLabel(split)).toBe("fold 10");
  expect(partTitle(split)).toEqual({ noun: "fold", title: "10" });
  // Bouckaert & Frank 2004: one of 12 folds is tested, 11 train.
  expect(overlapOf(split, 12)).toBe(1 / 10);
  expect(["10", "9", "0"].sort(comparePartNames)).toEqual(["0", "9", "10"]);
});

/**
 * Tests on the patients of one clinic, which the first letters of their ids tell, and validates on
 * those of another.
 */
const leaveOneClinicOut = defineProtocol({
  id: "leave-one-clinic-out",
  label: "Leave one clinic out",
  noun: "clinic",
  config: z.object({}),
  describe: () => "one clinic left out at a time",
  parts: (_, dataset) => [...new Set(dataset?.images.map(({ patient }) => patient[0]))].sort(),
  title: (part) => part,
  partLabel: (part) => `clinic ${part}`,
  divide: ({ images }, _, seed, part) => {
    const others = [...new Set(images.map(({ patient }) => patient[0]))].filter((clinic) => clinic !== part).sort();
    const held = others[seed % others.length];
    const of = (wanted: (clinic: string) => boolean) => images.filter(({ patient }) => wanted(patient[0]));
    return {
      test: of((clinic) => clinic === part),
      validation: of((clinic) => clinic === held),
      train: of((clinic) => clinic !== part && clinic !== held),
    };
  },
  overlap: (_, parts) => 1 / (parts - 1),
  repeatable: false,
  moreTraining: null,
});

describe("with a protocol whose parts the images tell", () => {
  const list = protocols as SplitProtocol[];
  list.push(leaveOneClinicOut);
  afterAll(() => void list.pop());

  const images = ["A", "B", "C"].flatMap((clinic) =>
    [0, 1, 2, 3].map((i) => ({ name: `${clinic}${i}`, patient: `${clinic}-p${i}`, label: i % 2 })),
  );
  const dataset = { name: "Chest", fingerprint: "cd", images, classes: ["no", "yes"] };
  const { config: filler } = makeRecord({});
  const plan = planSchema.parse({
    dataset: { demo: true },
    backbones: [{ id: "tiny" }],
    methods: [{ id: "linear-probe" }, { id: "lora" }],
    seeds: [0, 1],
  });
  const runs = expandPlan(
    { ...plan, split: { protocol: "leave-one-clinic-out" } },
    dataset,
    [{ name: "Tiny", ...filler.backbone }],
    (id, config) => ({ config, label: id }),
  );
  const split: RunSplit = { protocol: "leave-one-clinic-out", splitSeed: 42, part: "B" };
  const records = runs.map(({ config, labels }, i): RunRecord => {
    const { test: tested, train } = splitRun(dataset, config);
    const predictions = tested.map((image) => ({ image, patient: image, truth: 0, probabilities: [0.5, 0.5] }));
    const metrics = { brier: 0.1 * i };
    return {
      ...makeRecord({ metrics, predictions }),
      id: String(i),
      config,
      labels,
      split: { train, val: [], test: tested },
    };
  });

  test("a plan has one run per clinic, with an id of its own", async () => {
    expect(runs.slice(0, 6).map(({ config }) => config.split.part)).toEqual(["A", "A", "B", "B", "C", "C"]);
    expect(runs[2].config.split).toEqual(split);
    expect(new Set(await Promise.all(runs.map(({ config }) => runId(config)))).size).toBe(12);
  });

  test("runs are split by it, and what lacks shots is reported with its own words", () => {
    expect(splitRun(dataset, { split, regime: "full", seed: 0 }).test).toEqual(["B0", "B1", "B2", "B3"]);
    const planned = { split: { protocol: split.protocol }, splitSeed: 42, regimes: [{ shots: 3 }] };
    const problem = trySplits(dataset, planned)!;
    expect(problem.parts.where).toBe('class "no", test clinic A');
    expect(problem.parts.remedy).toBe("Use at most 2 shots, or more images of this class.");
  });

  test("groups, missing runs, comparisons and the CSV go by clinic", () => {
    const some = records.slice(0, 9);
    expect(groupRuns(some).map(({ overlap, missing }) => [overlap, missing])).toEqual([
      // One clinic tests and one trains: the records' own ratio.
      [1, [{ splitSeed: 42, part: "C", seed: 1 }]],
      [
        1,
        [
          { splitSeed: 42, part: "B", seed: 1 },
          { splitSeed: 42, part: "C", seed: 1 },
        ],
      ],
    ]);
    expect(aggregate(records, { planned: runs }).map(({ n, missing }) => [n, missing])).toEqual([
      [6, []],
      [6, []],
    ]);
    const [compared] = comparedGroups(some, "brier");
    expect(correctedT.compute(compared).rows[0]).toMatchObject({ n: 3 });
    const [few] = comparedGroups(some.slice(0, 2), "brier");
    expect(verdictOf(correctedT, few)).toMatch(/share two clinics: no difference can be judged/);
    expect(predictionsCsv(records).split("\n")[1]).toMatch(/^A0,A0,A,0,/);
  });
});
