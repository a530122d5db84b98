/** What holds for every comparison of the registry. */
import { expect, test } from "vitest";
import { makeRecord } from "../testing";
import { comparedGroups, comparisons, verdictOf } from "./index";

const metric = "matthews_corrcoef";
const runs = (method: string, level: number) =>
  [0, 1, 2, 3, 4].map((fold) => makeRecord({ method, fold, metrics: { [metric]: level + 0.01 * (fold % 3) } }));

test("every comparison has an id of its own", () => {
  expect(new Set(comparisons.map(({ id }) => id)).size).toBe(comparisons.length);
});

test.each(comparisons)("$id refuses a single method and answers with sentences", (comparison) => {
  const [single] = comparedGroups(runs("lora", 0.5), metric);
  expect(comparison.needs(single)).toMatch(/^[A-Z].*\.$/);
  const [compared] = comparedGroups([...runs("lora", 0.5), ...runs("probe", 0.3).reverse()], metric);
  expect(verdictOf(comparison, compared)).toMatch(/^\S.*\.$/);
});

test.each(comparisons)("$id gives the same result whatever the order of the records", (comparison) => {
  const records = [...runs("lora", 0.5), ...runs("probe", 0.3)];
  const results = [records, records.toReversed()].map((some) => comparison.compute(comparedGroups(some, metric)[0]));
  expect(results[0]).toEqual(results[1]);
});
