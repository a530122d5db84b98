/** An epoch visits every image once, or draws every class equally often, as the seed decides. */
import { describe, expect, it } from "vitest";
import { epochOrder, samplingStream } from "./sampling";

/** 90 images of class 0, 9 of class 2 and 1 of class 5. */
const labels = Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 99 ? 2 : 5));
const draw = (sampling: "shuffle" | "balanced", seed: number, epochs = 1) => {
  const prng = samplingStream(seed, sampling);
  return Array.from({ length: epochs }, () => epochOrder(labels, sampling, prng)).flat();
};

describe("epochOrder", () => {
  it("visits every image once when shuffled, each epoch in another order", () => {
    const [first, second] = [draw("shuffle", 1, 2).slice(0, 100), draw("shuffle", 1, 2).slice(100)];
    expect(first.toSorted((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    expect(second).not.toEqual(first);
  });

  it("draws every class equally often when balanced, and within a class every image", () => {
    const drawn = draw("balanced", 7, 300);
    expect(drawn).toHaveLength(300 * 100);
    const counts = new Map<number, number>();
    for (const i of drawn) counts.set(i, (counts.get(i) ?? 0) + 1);
    const ofClass = (c: number) => drawn.filter((i) => labels[i] === c).length / drawn.length;
    // A class's share has the standard deviation √(⅓·⅔ / 30,000) = 0.0027. The draws of one image
    // of class 0 have mean 111 and standard deviation √111.
    for (const c of [0, 2, 5]) expect(Math.abs(ofClass(c) - 1 / 3)).toBeLessThan(0.012);
    for (let i = 0; i < 90; i++) expect(Math.abs((counts.get(i) ?? 0) - 10_000 / 90)).toBeLessThan(5 * Math.sqrt(112));
  });

  it("depends on the seed alone", () => {
    for (const sampling of ["shuffle", "balanced"] as const) {
      expect(draw(sampling, 3)).toEqual(draw(sampling, 3));
      expect(draw(sampling, 3)).not.toEqual(draw(sampling, 4));
    }
  });
});
