/** A remembered function computes once per object, also where its result is null. */
import { expect, test, vi } from "vitest";
import { remembered } from "./remembered";

test("each object is computed once, and another one with equal content anew", () => {
  const compute = vi.fn(({ n }: { n: number }) => (n > 0 ? { twice: 2 * n } : null));
  const twice = remembered(compute);
  const [one, none] = [{ n: 1 }, { n: 0 }];
  expect(twice(one)).toBe(twice(one));
  expect([twice(none), twice(none)]).toEqual([null, null]);
  expect(twice({ n: 1 })).not.toBe(twice(one));
  expect(compute).toHaveBeenCalledTimes(3);
});
