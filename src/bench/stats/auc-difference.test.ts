/** The test of two ROC areas equals DeLong's of MLstatkit, and counts patients, not images. */
import { describe, expect, it } from "vitest";
import { createPrng } from "../../base";
import golden from "../comparisons/fixtures/delong.json";
import { aucDifference, mean, type ScoredImage, standardDeviation } from "./index";

const imagesOf = ({ truth, a, b }: { truth: number[]; a: number[]; b: number[] }): ScoredImage[] =>
  truth.map((label, i) => ({ patient: `p${i}`, positive: label === 1, a: a[i], b: b[i] }));

describe("aucDifference", () => {
  it.each(golden)("equals DeLong's test with one image per patient, p $p", (each) => {
    const result = aucDifference(imagesOf(each));
    expect(result.aucA).toBeCloseTo(each.aucA, 12);
    expect(result.aucB).toBeCloseTo(each.aucB, 12);
    expect(result.p).toBeCloseTo(each.p, 10);
    const se = (result.high - result.low) / 2 / 1.959963984540054;
    expect(result.difference / se).toBeCloseTo(each.z, 8);
  });

  it("takes copies of a patient's images for no more evidence", () => {
    const once = imagesOf(golden[1]);
    const copied = aucDifference([...once, ...once, ...once]);
    expect(copied.p).toBeCloseTo(aucDifference(once).p, 12);
    expect(copied.patients).toBe(once.length);
  });

  it("has the standard error that repeated studies show where patients have several images of both classes", () => {
    const results = Array.from({ length: 400 }, (_, seed) => {
      const prng = createPrng(seed, "clusters");
      const images = Array.from({ length: 40 }, (_, p) => {
        const own = [0.7 * prng.normal(), 0.7 * prng.normal()];
        const noisy = (m: number, positive: boolean) => own[m] + 0.7 * prng.normal() + (positive ? 1 : 0);
        return [0, 1, 2].map(() => {
          const positive = prng.normal() > 0.4;
          return { patient: `p${p}`, positive, a: noisy(0, positive), b: noisy(1, positive) };
        });
      });
      return aucDifference(images.flat());
    });
    const stated = mean(results.map(({ low, high }) => (high - low) / 2 / 1.96));
    expect(stated / standardDeviation(results.map(({ difference }) => difference))).toBeGreaterThan(0.92);
    expect(stated / standardDeviation(results.map(({ difference }) => difference))).toBeLessThan(1.08);
    expect(mean(results.map(({ p }) => (p < 0.05 ? 1 : 0)))).toBeLessThan(0.09);
  });

  it("is undefined where a class is absent, and has no p where both models give the same scores", () => {
    const images = imagesOf(golden[0]);
    expect(aucDifference(images.filter(({ positive }) => positive)).p).toBeNaN();
    expect(aucDifference(images.filter(({ positive }) => positive)).difference).toBeNaN();
    const same = aucDifference(images.map((image) => ({ ...image, b: image.a })));
    expect(same).toMatchObject({ difference: 0, p: Number.NaN });
  });
});
