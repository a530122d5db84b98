/** Ranges cover every trainable once and keep the positions of the head. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { updateRanges } from "./kernels";

test("parts follow one another, fit a binding, start where bindings may, and know the head", () => {
  const sizes = fc.record({
    adapter: fc.integer({ min: 0, max: 2000 }),
    weight: fc.integer({ min: 1, max: 300 }),
    bias: fc.integer({ min: 1, max: 10 }),
    most: fc.integer({ min: 64, max: 3000 }),
  });
  fc.assert(
    fc.property(sizes, ({ adapter, weight, bias, most }) => {
      const [headStart, biasStart, count] = [adapter, adapter + weight, adapter + weight + bias];
      let next = 0;
      for (const range of updateRanges(count, headStart, biasStart, most)) {
        expect(range.start).toBe(next);
        expect(range.start % 64).toBe(0);
        expect(range.count).toBeLessThanOrEqual(most);
        for (let i = 0; i < range.count; i++) {
          expect(i >= range.headStart).toBe(range.start + i >= headStart);
          expect(i >= range.biasStart).toBe(range.start + i >= biasStart);
        }
        next += range.count;
      }
      expect(next).toBe(count);
    }),
  );
});
