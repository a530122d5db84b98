/** Tests the words for the splits of a set of records. */
import { expect, test } from "vitest";
import { aggregate } from "./aggregate";
import { evidenceInWords, imagesInWords, partsInWords, splitsInWords } from "./split-words";
import { makeRecord } from "./testing";

test("every split of the records is named once", () => {
  const five = [0, 1].map((fold) => makeRecord({ fold }));
  const three = makeRecord({});
  three.config.split = { ...three.config.split, folds: 3 };
  expect(splitsInWords(five)).toBe("5 folds by patient");
  expect(splitsInWords([...five, three])).toBe("5 folds by patient and 3 folds by patient");
  const ungrouped = { ...five[0], dataset: { ...five[0].dataset, grouping: "image" as const } };
  expect(splitsInWords([ungrouped])).toBe("5 folds image by image");
  expect(partsInWords([...five, three])).toBe("folds");
  expect(partsInWords([])).toBe("parts");
});

test("the test parts behind a row are counted per repeat where a repeat has several", () => {
  const words = (parts: number, plannedParts: number, repeats: number, nouns: string) =>
    evidenceInWords({ parts, plannedParts, repeats }, nouns);
  expect(words(5, 5, 1, "folds")).toBe("5 folds");
  expect(words(25, 25, 5, "folds")).toBe("5 × 5 folds");
  expect(words(12, 25, 3, "folds")).toBe("12 of 25 folds");
  expect(words(1, 1, 1, "hold-outs")).toBe("1 hold-out");
  expect(words(10, 10, 10, "hold-outs")).toBe("10 hold-outs");
});

test("labels are stated per class, training and validation apart", () => {
  const record = makeRecord({ regime: { shots: 4, scenario: "relaxed" } });
  const words = (used: number[], truth: number[]) =>
    imagesInWords(
      aggregate([
        {
          ...record,
          split: { ...record.split, val: truth.map(String) },
          trainCounts: { used, part: [30, 10] },
          validationPredictions: { truth, probabilities: truth.map(() => [0.5, 0.5]) },
        },
      ])[0],
    );
  expect(words([6, 2], [0, 0, 0, 1])).toBe("6 / 2 to train, 3 / 1 to validate (no / yes)");
  expect(words([4, 4], [0, 1])).toBe("per class 4 to train, 1 to validate");
  expect(imagesInWords(aggregate([record])[0])).toBe("per class 4 to train, 0 to validate");
});
