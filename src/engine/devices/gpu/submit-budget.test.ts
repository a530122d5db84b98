/** Checks that submits are split where they would take too long. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SubmitBudget, splitByCost } from "./submit-budget";

describe("splitByCost", () => {
  it("covers everything once, in order, in as few parts as neighbours allow", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 })), fc.integer({ min: 1, max: 150 }), (costs, most) => {
        const ranges = splitByCost(costs, most);
        const sum = ([from, to]: [number, number]) => costs.slice(from, to).reduce((a, b) => a + b, 0);
        expect(ranges.flatMap(([from, to]) => costs.slice(from, to))).toEqual(costs);
        ranges.forEach((range, k) => {
          expect(range[1] - range[0] === 1 || sum(range) <= most).toBe(true);
          if (k > 0) expect(sum([ranges[k - 1][0], range[0] + 1])).toBeGreaterThan(most);
        });
      }),
    );
  });
});

describe("SubmitBudget", () => {
  it("takes the rate from the work that it measures, one piece at a time", async () => {
    let time = 0;
    const submitBudget = new SubmitBudget(() => time);
    const first = submitBudget.maxCost;
    let finish = () => {};
    const later = () => new Promise<void>((resolve) => void (finish = resolve));
    submitBudget.observe(1000, () => {}, later);
    // This work waits for the first. Its time would include that of the first.
    submitBudget.observe(
      1e9,
      () => {},
      () => Promise.reject(new Error("not asked for")),
    );
    expect(submitBudget.maxCost).toBe(first);
    time = 10;
    finish();
    await Promise.resolve();
    await Promise.resolve();
    expect(submitBudget.maxCost).toBe(100 * 100);
  });

  it("goes on after a device was lost", async () => {
    const submitBudget = new SubmitBudget(() => 0);
    submitBudget.observe(
      1,
      () => {},
      () => Promise.reject(new Error("lost")),
    );
    await new Promise((resolve) => setImmediate(resolve));
    let submitted = 0;
    submitBudget.observe(
      1,
      () => submitted++,
      () => Promise.resolve(),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(submitted).toBe(1);
    expect(submitBudget.maxCost).toBe(1000);
  });
});
