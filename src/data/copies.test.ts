/** Copies of images under different patients: found in every import, and never apart in a split. */
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { createPrng, type Prng } from "../base";
import { divide } from "../bench/protocols";
import { createMemorySink } from "../storage";
import { importDataset } from "./import";
import { joinPatientsByImages } from "./joined-groups";
import { hashDistance, perceptualHash } from "./perceptual-hash";
import type { NamedFile } from "./types";

const side = 24;

/** A picture of its own: blobs at random places. */
function picture(prng: Prng): Uint8Array {
  const blobs = Array.from({ length: 24 }, () => [
    prng.below(side),
    prng.below(side),
    1 + prng.below(4),
    prng.normal(),
  ]);
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const sum = blobs.reduce((all, [u, v, r, h]) => all + h * Math.exp(-((x - u) ** 2 + (y - v) ** 2) / (r * r)), 0);
    return Math.max(0, Math.min(255, Math.round(128 + 20 * sum)));
  });
}

const png = (data: Uint8Array) =>
  Uint8Array.from(encode({ width: side, height: side, data, channels: 1, depth: 8 })) as Uint8Array<ArrayBuffer>;

/** 12 patients with one or two images, and one image more, which a second patient has too. */
async function importPlanted(seed: number, planted: (image: Uint8Array) => Uint8Array) {
  const prng = createPrng(seed, "copies");
  const rows = ["image,outcome,patient"];
  const files: NamedFile[] = [];
  const add = (patient: number, label: number, data: Uint8Array) => {
    const name = `${files.length}.png`;
    rows.push(`${name},${label},p${patient}`);
    files.push({ path: name, file: new Blob([png(data)]) });
  };
  const pictures: Uint8Array[] = [];
  for (let patient = 0; patient < 12; patient++) {
    for (let i = 0; i <= prng.below(2); i++) {
      pictures[patient] = picture(prng);
      add(patient, patient % 2, pictures[patient]);
    }
  }
  const [from, to] = prng.shuffled(pictures.map((_, patient) => patient));
  add(to, to % 2, planted(pictures[from]));
  const labels = { path: "labels.csv", file: new Blob([rows.join("\n")]) };
  const columns = { image: "image", outcome: "outcome", patient: "patient" };
  const { dataset } = await importDataset({ name: "Planted", files, labels, columns }, createMemorySink());
  return { dataset, patients: [`p${from}`, `p${to}`].sort() };
}

const seeds = Array.from({ length: 100 }, (_, seed) => seed);

test("a planted copy is reported in 100 of 100 datasets, and kept on one side of every split", async () => {
  for (const seed of seeds) {
    const { dataset, patients } = await importPlanted(seed, (image) => image);
    expect(dataset.report.joinedGroups).toMatchObject([{ id: patients[0], patients }]);
    expect(dataset.report.warnings.join("\n")).toContain(patients.join(", "));
    expect(dataset.report.nearDuplicates).toEqual([]);
    for (const part of ["0", "1", "2"]) {
      const divided = divide(dataset, { protocol: "stratified-group-k-fold", folds: 3, splitSeed: seed, part });
      const sides = [divided.train, divided.validation, divided.test].filter((images) =>
        images.some(({ name }) => patients.includes(dataset.images.find((image) => image.name === name)!.patient)),
      );
      expect(sides).toHaveLength(1);
    }
  }
});

test("a brightened copy is warned about in 100 of 100 datasets, and nobody is joined", async () => {
  for (const seed of seeds) {
    const { dataset } = await importPlanted(seed, (image) => image.map((value) => Math.min(255, value + 3)));
    expect(dataset.report.joinedGroups).toEqual([]);
    expect(dataset.report.nearDuplicates).toHaveLength(1);
    expect(dataset.report.warnings.join("\n")).toContain("looks the same though the files differ");
  }
});

describe("joined patients", () => {
  const image = (name: string, patient: string, sha256: string) => ({ name, patient, sha256 });

  test("form one group along a chain of copies", () => {
    const images = [
      image("1", "c", "x"),
      image("2", "b", "x"),
      image("3", "b", "y"),
      image("4", "a", "y"),
      image("5", "d", "z"),
      image("6", "d", "z"),
    ];
    expect(joinPatientsByImages(images)).toEqual([
      {
        id: "a",
        patients: ["a", "b", "c"],
        images: [
          ["1", "2"],
          ["3", "4"],
        ],
      },
    ]);
  });

  test("change the dataset's fingerprint, and images without copies do not", async () => {
    const { dataset } = await importPlanted(0, (data) => data);
    const groups = dataset.images.filter(({ group }) => group !== undefined);
    expect(new Set(groups.map(({ group }) => group)).size).toBe(1);
    expect(groups.length).toBeLessThan(6);
  });
});

describe("perceptual hash", () => {
  const pixels = (data: Uint8Array) => ({ width: side, height: side, channels: 1 as const, data });
  const [a, b] = [picture(createPrng(1, "hash")), picture(createPrng(2, "hash"))].map((data) => pixels(data));

  test("is equal for grey and RGB, near for a darker copy, far for another picture", () => {
    const rgb = {
      ...a,
      channels: 3 as const,
      data: Uint8Array.from({ length: 3 * side * side }, (_, i) => a.data[Math.floor(i / 3)]),
    };
    expect(hashDistance(perceptualHash(a)!, perceptualHash(rgb)!)).toBe(0);
    const darker = pixels(a.data.map((value) => value * 0.8));
    expect(hashDistance(perceptualHash(a)!, perceptualHash(darker)!)).toBeLessThanOrEqual(2);
    expect(hashDistance(perceptualHash(a)!, perceptualHash(b)!)).toBeGreaterThan(10);
  });

  test("is absent for an image of one grey value", () => {
    expect(perceptualHash(pixels(new Uint8Array(side * side).fill(9)))).toBeNull();
  });
});
