/** A predefined split is taken as the table gives it, and refused where it would leak. */
import { expect, test } from "vitest";
import { expandPlan } from "../expand";
import type { SplitImage } from "../folds";
import { planSchema } from "../plan";
import { trySplits } from "../split";
import { makeRecord } from "../testing";
import { divide, partsOf, type RunSplit, splitCautions } from "./index";

const choice = { protocol: "predefined", validationShare: 0.25 };
const split: RunSplit = { ...choice, splitSeed: 42, part: "test" };
const planned = { split: choice, splitSeed: 42, regimes: ["full" as const] };
const namesOf = (images: readonly SplitImage[]) => images.map(({ name }) => name).join(" ");

/** Two images of each class per patient; `sides` gives each patient's side. */
const imagesOf = (...sides: SplitImage["split"][]): SplitImage[] =>
  sides.flatMap((side, p) =>
    [0, 1].map((label) => ({ name: `${p}-${label}`, patient: `p${p}`, label, ...(side && { split: side }) })),
  );

test("images train, validate and test as the table says; those without a side are left out", () => {
  const images = imagesOf("train", "train", "val", "test", undefined);
  const divided = divide({ images: [...images].reverse() }, split);
  expect([divided.train, divided.validation, divided.test].map(namesOf)).toEqual([
    "0-0 0-1 1-0 1-1",
    "2-0 2-1",
    "3-0 3-1",
  ]);
  expect(partsOf(choice)).toEqual(["test"]);
  expect(splitCautions({ images }, choice)).toEqual(["2 of 10 images have no side in the split: they are left out."]);
});

test("without validation images, a share of the training patients validates", () => {
  const images = imagesOf("train", "train", "train", "train", "test");
  const { train, validation, test: tested } = divide({ images }, split);
  expect([train, validation, tested].map(namesOf)).toMatchInlineSnapshot(`
    [
      "1-0 1-1 2-0 2-1 3-0 3-1",
      "0-0 0-1",
      "4-0 4-1",
    ]
  `);
  expect(divide({ images: [...images].reverse() }, split).validation).toEqual(validation);
  expect(divide({ images }, { ...split, validationShare: 0 }).validation).toEqual([]);
});

test("a patient on two sides is named, with what to do", () => {
  const images = imagesOf("train", "test", "val");
  images.push({ name: "x", patient: "p1", label: 0, split: "train" });
  expect(trySplits({ images }, planned)?.message).toMatch(/p1 \(test and training\)[\s\S]*Move these patients/);
});

test("what a split lacks is refused, or said where only the metrics suffer", () => {
  const problem = (images: SplitImage[]) => trySplits({ images, classes: ["alive", "dead"] }, planned);
  expect(problem(imagesOf(undefined, undefined))?.code).toBe("predefined.none");
  expect(problem(imagesOf("train", "val"))?.message).toMatch(/no test images[\s\S]*only training and validation/);
  const images = imagesOf("train", "train", "test");
  expect(problem(images)).toBeNull();
  expect(problem(images.filter(({ label, split: side }) => side === "test" || label === 0))?.code).toBe(
    "predefined.class",
  );
  const alive = images.filter(({ label, split: side }) => side === "train" || label === 0);
  expect(splitCautions({ images: alive, classes: ["alive", "dead"] }, choice)).toEqual([
    "No test image is of “dead”: metrics that need every class are undefined.",
  ]);
});

test("a plan with repeats is refused, since every repeat would test the same images", () => {
  const { config } = makeRecord({});
  const plan = planSchema.parse({
    dataset: { demo: true },
    backbones: [{ id: "tiny" }],
    methods: [{ id: "lora" }],
    split: choice,
  });
  const dataset = {
    name: "D",
    fingerprint: "ab",
    images: imagesOf("train", "train", "test"),
    columnHashes: { split: "h" },
  };
  const expand = (repeats: number) =>
    expandPlan({ ...plan, repeats }, dataset, [{ name: "Tiny", ...config.backbone }], (id, own) => ({
      config: own,
      label: id,
    }));
  expect(expand(1).map((run) => run.config.split)).toEqual([{ ...split, columnHash: "h", file: "" }]);
  expect(() => expand(2)).toThrow(/Set repeats to 1/);
});
