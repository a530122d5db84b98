/** Tests the words for the splits of a set of records. */
import { expect, test } from "vitest";
import { partsInWords, splitsInWords } from "./split-words";
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
