/**
 * Preprocessing equals torchvision and Pillow (fixtures of `tools/preprocess_reference.py`), and
 * keeps its own invariants.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pixels } from "../base/pixels";
import { pixelsOf, preprocess, preprocessInto } from "./preprocess";
import { decodeFloat32, drawNoise } from "./testing";
import type { Preprocessing } from "./types";

interface Golden {
  cases: { image: Omit<Pixels, "data">; preprocessing: Preprocessing; out: string }[];
}
const golden = JSON.parse(readFileSync(new URL("fixtures/preprocess.json", import.meta.url), "utf8")) as Golden;

describe("equals torchvision", () => {
  for (const { image, preprocessing: p, out } of golden.cases) {
    const name = `${image.width}×${image.height}×${image.channels}→${p.channels ?? 3} ${p.interpolation} ${p.crop} ${p.resize}→${p.size}`;
    test(name, () => {
      expect(preprocess(drawNoise(image), p)).toEqual(decodeFloat32(out));
    });
  }
});

const anyPreprocessing: fc.Arbitrary<Preprocessing> = fc.record({
  size: fc.integer({ min: 8, max: 40 }),
  resize: fc.integer({ min: 8, max: 40 }),
  interpolation: fc.constantFrom("bicubic", "bilinear", "nearest"),
  crop: fc.constantFrom("crop", "pad", "stretch"),
  mean: fc.constant([0, 0, 0]),
  std: fc.constant([1, 1, 1]),
});
const anySize = fc.record({ width: fc.integer({ min: 1, max: 60 }), height: fc.integer({ min: 1, max: 60 }) });

test("a grey image gives what three equal channels give", () => {
  fc.assert(
    fc.property(anySize, anyPreprocessing, (size, p) => {
      const grey = drawNoise({ ...size, channels: 1 });
      const rgb: Pixels = {
        ...size,
        channels: 3,
        data: Uint8Array.from({ length: grey.data.length * 3 }, (_, i) => grey.data[Math.floor(i / 3)]),
      };
      expect(preprocess(grey, p)).toEqual(preprocess(rgb, p));
    }),
  );
});

test("an even image stays even, whatever the size", () => {
  fc.assert(
    fc.property(anySize, anyPreprocessing, fc.integer({ min: 0, max: 255 }), (size, p, value) => {
      fc.pre(p.crop === "stretch" && p.resize >= p.size);
      const image: Pixels = { ...size, channels: 1, data: new Uint8Array(size.width * size.height).fill(value) };
      expect(new Set(preprocess(image, p))).toEqual(new Set([Math.fround(value / 255)]));
    }),
  );
});

test("pixels come back from the numbers made of them, and stay within what a byte holds", () => {
  const mean: Preprocessing["mean"] = [0.48145466, 0.4578275, 0.40821073];
  for (const channels of [1, 3] as const) {
    const image = drawNoise({ width: 12, height: 12, channels });
    const p: Preprocessing = {
      size: 12,
      resize: 12,
      interpolation: "bicubic",
      crop: "crop",
      mean,
      std: mean,
      channels,
    };
    expect(pixelsOf(preprocess(image, p), p)).toEqual(image);
    const far = new Float32Array(channels * 144).map((_, i) => (i % 2 ? 9 : -9));
    expect(new Set(pixelsOf(far, p).data)).toEqual(new Set([0, 255]));
  }
});

test("writes one image of a batch and nothing beside it", () => {
  const p: Preprocessing = {
    size: 8,
    resize: 8,
    interpolation: "bicubic",
    crop: "crop",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  const image = drawNoise({ width: 20, height: 17, channels: 1 });
  const batch = new Float32Array(3 * 192).fill(-1);
  preprocessInto(image, p, batch, 192);
  expect(batch.subarray(192, 384)).toEqual(preprocess(image, p));
  expect([...batch.subarray(0, 192), ...batch.subarray(384)].every((v) => v === -1)).toBe(true);
  expect(() => preprocessInto(image, p, batch, 400)).toThrow("too small");
});
