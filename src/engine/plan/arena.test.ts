/** Tensors that live at the same time never share memory, and memory is reused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ALIGNMENT, aligned, peakBytes, planArena } from "./arena";

const lifetimes = fc
  .array(fc.record({ bytes: fc.integer({ min: 1, max: 5000 }), span: fc.integer({ min: 0, max: 6 }) }), {
    maxLength: 40,
  })
  .map((rows) => rows.map(({ bytes, span }, from) => ({ bytes, from, to: from + span })));

test("what lives at the same time does not overlap, and stays within its arena", () => {
  fc.assert(
    fc.property(lifetimes, fc.integer({ min: 8192, max: 20_000 }), (rows, most) => {
      const { slots, sizes } = planArena(rows, most);
      rows.forEach((a, i) => {
        expect(slots[i].offset % ALIGNMENT).toBe(0);
        expect(slots[i].offset + a.bytes).toBeLessThanOrEqual(sizes[slots[i].arena]);
        rows.slice(0, i).forEach((b, j) => {
          const together = b.to >= a.from && slots[i].arena === slots[j].arena;
          const apart =
            slots[i].offset >= slots[j].offset + aligned(b.bytes) ||
            slots[j].offset >= slots[i].offset + aligned(a.bytes);
          expect(!together || apart).toBe(true);
        });
      });
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(peakBytes(rows));
      for (const size of sizes) expect(size).toBeLessThanOrEqual(Math.max(most, aligned(5000)));
    }),
  );
});

test("a epilogue of equal tensors needs room for two", () => {
  const rows = Array.from({ length: 10 }, (_, from) => ({ bytes: 1024, from, to: from + 1 }));
  expect(planArena(rows, 1e9).sizes).toEqual([2048]);
});

test("what is small makes room for what is large and comes later", () => {
  const rows = [
    { bytes: 1024, from: 0, to: 1 },
    { bytes: 256, from: 1, to: 5 },
    { bytes: 1280, from: 2, to: 3 },
  ];
  expect(peakBytes(rows)).toBe(1536);
  expect(planArena(rows, 1e9).sizes).toEqual([1536]);
});
