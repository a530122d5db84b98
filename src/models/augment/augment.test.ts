/**
 * Transforms equal SciPy and torchvision (fixtures of `tools/augment_reference.py`), are exact
 * where they can be, and draw what the settings say.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeFloat32, drawNoise } from "../testing";
import type { Preprocessing } from "../types";
import {
  type Augmentation,
  type AugmentSettings,
  augmentImage,
  drawAugmentation,
  noAugmentation,
  type Transform,
  transforms,
} from ".";
import { elasticDisplacement, gaussianFilter } from "./elastic";
import { affineOf, warp } from "./geometry";

type Case<Keys extends keyof Augmentation> = Pick<Augmentation, Keys> & { channels: 1 | 3; out: string };
interface Golden {
  size: number;
  gaussian: { sigma: number; out: string }[];
  warp: (Case<"rotation" | "zoom" | "shift" | "flip"> & { alpha: number; sigma: number })[];
  photometric: Case<"brightness" | "contrast">[];
}
const golden = JSON.parse(readFileSync(new URL("fixtures/reference.json", import.meta.url), "utf8")) as Golden;
const { size } = golden;

const plain: Preprocessing = {
  size,
  resize: size,
  interpolation: "bicubic",
  crop: "crop",
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
const skewed: Preprocessing = { ...plain, mean: [0.48, 0.45, 0.4], std: [0.26, 0.27, 0.28] };

/** [channels, size, size] in 0 … 1, as in the script. Another `seed` gives another drawing. */
function noise(channels: 1 | 3, seed = size): Float32Array {
  const { data } = drawNoise({ width: size, height: seed, channels });
  const plane = size * size;
  return Float32Array.from(
    { length: channels * plane },
    (_, i) => data[(i % plane) * channels + Math.floor(i / plane)] / 255,
  );
}
const field = (seed: number) => noise(1, seed).map((value) => 2 * value - 1);

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** A pixel of the first channel. */
const at = (image: Float32Array, row: number, column: number) => image[row * size + column];
const positions = Array.from({ length: size * size }, (_, i) => [Math.floor(i / size), i % size] as const);

describe("equals SciPy and torchvision", () => {
  test.each(golden.gaussian)("Gaussian of σ $sigma", ({ sigma, out }) => {
    expect(largestDifference(gaussianFilter(field(size + 1), size, sigma), decodeFloat32(out))).toBeLessThan(1e-6);
  });

  test.each(golden.warp)("α $alpha, rotation $rotation, zoom $zoom, shift $shift, flip $flip", (c) => {
    const displaced = (seed: number) => gaussianFilter(field(seed), size, c.sigma).map((value) => c.alpha * value);
    const displacement = { x: displaced(size + 1), y: displaced(size + 2) };
    const map = affineOf({ ...noAugmentation, ...c }, size);
    expect(largestDifference(warp(noise(c.channels), size, map, displacement), decodeFloat32(c.out))).toBeLessThan(
      1e-4,
    );
  });

  test.each(golden.photometric)("brightness $brightness, contrast $contrast, $channels channels", (c) => {
    for (const p of [plain, skewed]) {
      const normalise = (values: Float32Array) =>
        values.map((value, i) => {
          const channel = Math.floor(i / size ** 2);
          return (value - p.mean[channel]) / p.std[channel];
        });
      const got = augmentImage(normalise(noise(c.channels)), p, { ...noAugmentation, ...c });
      expect(largestDifference(got, normalise(decodeFloat32(c.out)))).toBeLessThan(p === plain ? 1e-6 : 1e-5);
    }
  });
});

describe("exact cases", () => {
  const image = noise(3);
  const augmented = (change: Partial<Augmentation>) => augmentImage(image, skewed, { ...noAugmentation, ...change });

  test("no change gives the same bits in a new image", () => {
    expect(augmented({})).toEqual(image);
    expect(augmented({})).not.toBe(image);
    expect(warp(image, size, affineOf(noAugmentation, size), null)).toEqual(image);
  });

  test("a shift by whole pixels moves them, and the nearest edge fills", () => {
    const got = augmented({ shift: { x: 3 / size, y: -2 / size } });
    for (const [row, column] of positions)
      expect(at(got, row, column)).toBe(at(image, Math.min(row + 2, size - 1), Math.max(column - 3, 0)));
  });

  test("a flip mirrors left and right, and twice gives the image", () => {
    const got = augmented({ flip: true });
    for (const [row, column] of positions) expect(at(got, row, column)).toBe(at(image, row, size - 1 - column));
    expect(augmentImage(got, skewed, { ...noAugmentation, flip: true })).toEqual(image);
  });

  test("a quarter turn is counter-clockwise", () => {
    const got = augmented({ rotation: 90 });
    // The sine of 90° is exact and its cosine 6e-17.
    for (const [row, column] of positions)
      expect(at(got, row, column)).toBeCloseTo(at(image, column, size - 1 - row), 12);
  });

  test("a zoom by 2 enlarges the middle: every output pixel lies a quarter off an input pixel", () => {
    const ramp = Float32Array.from({ length: size * size }, (_, i) => i % size);
    const got = augmentImage(ramp, plain, { ...noAugmentation, zoom: 2 });
    for (const [row, column] of positions)
      expect(at(got, row, column)).toBe((column - (size - 1) / 2) / 2 + (size - 1) / 2);
  });
});

test("an elastic displacement keeps its share of the side, whatever the side", () => {
  const spread = (side: number) => {
    const { x, y } = elasticDisplacement({ alpha: 30, sigma: 7, seed: 5 }, side);
    return Math.sqrt([...x, ...y].reduce((sum, d) => sum + d * d, 0) / (2 * side * side)) / side;
  };
  // White noise of variance 1/3, smoothed over 7 px, has the spread √(1/3) / (2·√π·7) · 30 = 0.70
  // px of 224.
  for (const side of [112, 224]) expect(spread(side) * 224).toBeCloseTo(0.7, 1);
});

describe("what is drawn", () => {
  const settings: AugmentSettings = {
    augment: transforms,
    augmentProbability: 0.5,
    augmentShift: 0.1,
    augmentZoom: 0.1,
    augmentRotation: 10,
    augmentElasticAlpha: 40,
    augmentElasticSigma: 7,
    augmentBrightness: 0.2,
    augmentContrast: 0.3,
  };
  const key = { seed: 1, epoch: 1, image: "a7c2", repeat: 0 };
  const count = 4000;
  const many = (change: Partial<AugmentSettings> = {}) =>
    Array.from({ length: count }, (_, i) =>
      drawAugmentation({ ...settings, ...change }, { ...key, epoch: 1 + (i % 40), image: `${Math.floor(i / 40)}f03` }),
    );
  const acts: Record<Transform, (a: Augmentation) => boolean> = {
    shift: ({ shift }) => shift.x !== 0 || shift.y !== 0,
    zoom: ({ zoom }) => zoom !== 1,
    flip: ({ flip }) => flip,
    rotation: ({ rotation }) => rotation !== 0,
    elastic: ({ elastic }) => elastic !== null,
    brightness: ({ brightness }) => brightness !== 1,
    contrast: ({ contrast }) => contrast !== 1,
  };

  test("the key alone decides, and every part of it counts", () => {
    const all = { ...settings, augmentProbability: 1 };
    expect(drawAugmentation(all, { ...key })).toEqual(drawAugmentation(all, key));
    for (const change of [{ seed: 2 }, { epoch: 2 }, { image: "b7c2" }, { repeat: 1 }])
      expect(drawAugmentation(all, { ...key, ...change })).not.toEqual(drawAugmentation(all, key));
  });

  test.each([0.5, 0.2])("each transform acts with probability %f, apart from the others", (augmentProbability) => {
    const drawn = many({ augmentProbability });
    const share = (of: (a: Augmentation) => boolean) => drawn.filter(of).length / count;
    const deviation = (p: number) => Math.sqrt((p * (1 - p)) / count);
    for (const one of transforms) {
      expect(Math.abs(share(acts[one]) - augmentProbability)).toBeLessThan(4 * deviation(augmentProbability));
      for (const other of transforms.filter((t) => t !== one)) {
        const both = share((a) => acts[one](a) && acts[other](a));
        expect(Math.abs(both - augmentProbability ** 2)).toBeLessThan(4 * deviation(augmentProbability ** 2));
      }
    }
  });

  test("probability 0 and no transforms change nothing, probability 1 everything", () => {
    for (const drawn of [...many({ augmentProbability: 0 }), ...many({ augment: [] })])
      expect(drawn).toEqual(noAugmentation);
    for (const drawn of many({ augmentProbability: 1 })) for (const t of transforms) expect(acts[t](drawn)).toBe(true);
  });

  test("amounts fill their range and stay within it", () => {
    const drawn = many({ augmentProbability: 1 });
    const range = (of: (a: Augmentation) => number) => {
      const values = drawn.map(of);
      return [Math.min(...values), Math.max(...values)];
    };
    const ranges: [(a: Augmentation) => number, number, number][] = [
      [({ shift }) => shift.x, -0.1, 0.1],
      [({ shift }) => shift.y, -0.1, 0.1],
      [({ zoom }) => zoom, 0.9, 1.1],
      [({ rotation }) => rotation, -10, 10],
      [({ elastic }) => elastic!.alpha, 20, 40],
      [({ brightness }) => brightness, 0.8, 1.2],
      [({ contrast }) => contrast, 0.7, 1.3],
    ];
    for (const [of, least, most] of ranges) {
      const [low, high] = range(of);
      const slack = (most - least) / 100;
      expect(low).toBeGreaterThanOrEqual(least);
      expect(low).toBeLessThan(least + slack);
      expect(high).toBeLessThanOrEqual(most);
      expect(high).toBeGreaterThan(most - slack);
    }
  });

  test("one transform more leaves the others' amounts as they were", () => {
    const without = many({ augment: transforms.filter((t) => t !== "zoom") });
    many().forEach((drawn, i) => void expect({ ...drawn, zoom: 1 }).toEqual(without[i]));
  });

  test("the same augmentation gives the same bits", () => {
    const augmentation = drawAugmentation({ ...settings, augmentProbability: 1 }, key);
    const [first, second] = [0, 1].map(() => augmentImage(noise(3), skewed, augmentation));
    expect(first).toEqual(second);
    expect(first).not.toEqual(noise(3));
  });
});
