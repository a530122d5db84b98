/** Each image is tested once, by models that have seen neither its centre nor its patient. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SplitImage } from "../folds";
import { groupRuns } from "../run-groups";
import { trySplits } from "../split";
import { arbitraryImages, makeRecord } from "../testing";
import { divide, isRepeatableSplit, partLabel, partsOf, type RunSplit, splitCautions, splitOfRun } from "./index";

const choice = { protocol: "leave-one-centre-out", validationShare: 0.2 };
const splitOf = (part: string, splitSeed = 42): RunSplit => ({ ...choice, splitSeed, part });
const namesOf = (images: readonly SplitImage[]) => images.map(({ name }) => name).sort();
const patientsOf = (images: readonly SplitImage[]) => new Set(images.map(({ patient }) => patient));

/** `counts[centre][c]` patients with one image each. */
const patientsIn = (counts: Record<string, number[]>): SplitImage[] =>
  Object.entries(counts).flatMap(([centre, perClass]) =>
    perClass.flatMap((n, label) =>
      Array.from({ length: n }, (_, i) => {
        const name = `${centre}${label}${i}`;
        return { name, patient: name, label, centre };
      }),
    ),
  );

const planned = { split: choice, splitSeed: 42, regimes: ["full" as const] };

describe("leave one centre out", () => {
  it("tests every image once, and no patient is on two sides, whatever the order of the images", () => {
    fc.assert(
      fc.property(arbitraryImages(9), fc.integer(), fc.integer({ min: 1, max: 40 }), (plain, seed, shift) => {
        // A patient's images lie in one centre, or for some patients in two.
        const images = plain.map((image, i) => {
          const patient = Number(image.patient.slice(1));
          return { ...image, centre: `C${(patient + (patient % shift === 0 ? i % 2 : 0)) % 3}` };
        });
        const tested: string[] = [];
        for (const part of partsOf(choice, { images })) {
          const divided = divide({ images }, splitOf(part, seed));
          expect(divide({ images: [...images].reverse() }, splitOf(part, seed))).toEqual(divided);
          const { train, validation, test } = divided;
          const sides = [train, validation, test].map(patientsOf);
          expect(new Set(sides.flatMap((side) => [...side])).size).toBe(sides.reduce((sum, { size }) => sum + size, 0));
          expect(new Set(test.map(({ centre }) => centre))).toEqual(new Set([part]));
          tested.push(...namesOf(test));
          const left = images.filter(({ patient }) => !sides[2].has(patient));
          expect(namesOf([...train, ...validation])).toEqual(namesOf(left));
        }
        expect(tested.sort()).toEqual(namesOf(images));
      }),
      { numRuns: 40 },
    );
  });

  it("stays as it was first written; the seed moves the validation images alone", () => {
    const images = patientsIn({ A: [5, 2], B: [5, 5], C10: [2, 2], C9: [3, 3] });
    expect(partsOf(choice, { images })).toEqual(["A", "B", "C9", "C10"]);
    expect(partLabel(splitOf("A"))).toBe("centre A");
    const { test, validation, train } = divide({ images }, splitOf("A"));
    expect(namesOf(test)).toEqual(namesOf(images.filter(({ centre }) => centre === "A")));
    expect([train.length, namesOf(validation).join(" ")]).toMatchInlineSnapshot(`
      [
        16,
        "B04 B10 C900 C912",
      ]
    `);
    const other = divide({ images }, splitOf("A", 43));
    expect(other.test).toEqual(test);
    expect(other.validation).not.toEqual(validation);
  });

  it("says beforehand what a centre lacks, and tests it nonetheless", () => {
    const images = patientsIn({ A: [4, 0], B: [4, 4], C: [4, 4] });
    images.push({ name: "again", patient: "B00", label: 0, centre: "C" });
    const cautions = splitCautions({ images, classes: ["alive", "dead"] }, choice);
    expect(cautions).toEqual([
      expect.stringMatching(/^Centre A has no image of “dead”: it is tested, but .* undefined there/),
      expect.stringMatching(/^1 patient has images in several centres \(B00\)/),
    ]);
    expect(divide({ images }, splitOf("A")).test).toHaveLength(4);
    expect(namesOf(divide({ images }, splitOf("B")).train)).not.toContain("again");
    expect(trySplits({ images }, planned)).toBeNull();
  });

  it("refuses a dataset without centres, with gaps, with one centre, or with too few patients elsewhere", () => {
    const code = (images: SplitImage[]) => trySplits({ images }, planned)?.code;
    const images = patientsIn({ A: [3, 3], B: [3, 3] });
    expect(code(images.map(({ centre, ...image }) => image))).toBe("centres.none");
    expect(code(images.map(({ centre, ...image }, i) => (i === 0 ? image : { ...image, centre })))).toBe(
      "centres.missing",
    );
    expect(code(images.filter(({ centre }) => centre === "A"))).toBe("centres.one");
    const problem = trySplits({ images: patientsIn({ A: [3, 3], B: [3, 1] }) }, planned);
    expect(problem?.message).toMatch(/outside the test centre A[\s\S]*at least 2 patients[\s\S]*Got: 1/);
  });

  it("tells runs of two columns apart, and counts a centre once whatever the seed of the split", () => {
    const key = { splitSeed: 42, part: "A" };
    const of = (columnHashes: object) => splitOfRun(choice, { columnHashes }, key);
    expect(of({ centre: "ab", split: "cd" })).toEqual({ ...choice, ...key, columnHash: "ab" });
    expect(splitOfRun({ protocol: "hold-out" }, { columnHashes: { centre: "ab" } }, key)).not.toHaveProperty(
      "columnHash",
    );
    expect(isRepeatableSplit(choice)).toBe(false);
    const records = [42, 43].map((splitSeed) => {
      const record = makeRecord({ splitSeed });
      return { ...record, config: { ...record.config, split: splitOf("A", splitSeed) } };
    });
    const [group] = groupRuns(records);
    expect([group.parts.length, group.parts[0].records.length, group.repeats]).toEqual([1, 2, 1]);
  });
});
