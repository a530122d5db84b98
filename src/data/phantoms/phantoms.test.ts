/**
 * The synthetic chest images keep their bytes, and their patients, outcomes and contrast are
 * plausible.
 */
import { sha256 } from "hash-wasm";
import { expect, test } from "vitest";
import { type Opacity, severity } from "./disease";
import { DEMO_PHANTOMS, drawPhantoms, generatePhantoms, PHANTOM_OUTCOMES, type PhantomImage } from "./index";

const demo = drawPhantoms(DEMO_PHANTOMS);
const patients = [...new Set(demo.map((image) => image.patient))];
const imagesOf = (patient: string): PhantomImage[] => demo.filter((image) => image.patient === patient);

test("the demo's pixels are the bytes that they were", async () => {
  const bytes = new Uint8Array(demo.reduce((sum, image) => sum + image.grey.length, 0));
  let at = 0;
  for (const { grey } of demo) {
    bytes.set(grey, at);
    at += grey.length;
  }
  expect(await sha256(bytes)).toBe("4f31db5ad064be9b60f3a10d639263bb3bf8c10c8f5360ac2c02853a1b2f2feb");
});

test("another seed draws other images; the number of patients does not change those drawn before", () => {
  const small = { patients: 3, seed: 1, size: 32 };
  expect(drawPhantoms(small)).toEqual(drawPhantoms(small));
  expect(drawPhantoms({ ...small, seed: 2 })[0].grey).not.toEqual(drawPhantoms(small)[0].grey);
  const three = drawPhantoms(small);
  expect(drawPhantoms({ ...small, patients: 5 }).slice(0, three.length)).toEqual(three);
  expect([...generatePhantoms(small)]).toEqual(three);
});

test("every patient has two or three images and one outcome; names are unique", () => {
  expect(patients).toHaveLength(DEMO_PHANTOMS.patients);
  for (const patient of patients) {
    const images = imagesOf(patient);
    expect([2, 3]).toContain(images.length);
    expect(new Set(images.map((image) => image.outcome)).size).toBe(1);
  }
  expect(new Set(demo.map((image) => image.name)).size).toBe(demo.length);
  for (const { width, height, grey } of demo) expect(grey).toHaveLength(width * height);
});

test("about three patients in ten have the positive outcome", () => {
  expect(PHANTOM_OUTCOMES[1]).toBe("deteriorated");
  const prevalence = (images: PhantomImage[]) => images.filter((image) => image.outcome === 1).length / images.length;
  expect(prevalence(demo)).toBeGreaterThan(0.22);
  expect(prevalence(demo)).toBeLessThan(0.38);
  const many = prevalence(drawPhantoms({ patients: 600, seed: 11, size: 8 }));
  expect(many).toBeGreaterThan(0.26);
  expect(many).toBeLessThan(0.34);
});

test("severity grows with extent, with low position and with a second affected lung", () => {
  const low: Opacity = { side: "left", u: 0.4, v: 0.3, ru: 0.15, rv: 0.15, density: 1 };
  const other: Opacity = { ...low, side: "right", u: -0.4 };
  expect(severity([])).toBe(0);
  expect(severity([{ ...low, ru: 0.2 }])).toBeGreaterThan(severity([low]));
  expect(severity([low])).toBeGreaterThan(4 * severity([{ ...low, v: -0.4 }]));
  expect(severity([low, other])).toBeGreaterThan(severity([low, low]));
});

test("pictures have the contrast of a radiograph: neither black nor burnt out", () => {
  for (const { name, grey } of demo) {
    const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
    const burnt = grey.filter((value) => value === 255).length / grey.length;
    expect(mean, name).toBeGreaterThan(40);
    expect(mean, name).toBeLessThan(215);
    expect(burnt, name).toBeLessThan(0.35);
  }
});
