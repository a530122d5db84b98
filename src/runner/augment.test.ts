/** Seed, epoch, image and repetition alone decide an augmentation, and a preview shows it. */
import { expect, test } from "vitest";
import { trainingSchema } from "../bench/training";
import { transforms } from "../models/augment";
import { pixelsOf, preprocess } from "../models/preprocess";
import { drawNoise } from "../models/testing";
import { createAugment, repeatsOf } from "./augment";
import { previewAugmentation } from "./augment-preview";
import { tinyDataset } from "./testing";

const size = 8;
const preprocessing = {
  ...({ size, resize: size, interpolation: "nearest", crop: "stretch" } as const),
  mean: [0.5, 0.5, 0.5] as [number, number, number],
  std: [0.25, 0.25, 0.25] as [number, number, number],
};
const training = trainingSchema.parse({ augment: transforms, augmentProbability: 1 });
const sha256 = (name: string) => `sha-${name}`;
const image = Float32Array.from(drawNoise({ width: size, height: size, channels: 3 }).data, (value) => value / 64 - 2);

/** The same image under several names, as the epoch sees them. */
async function seen(names: readonly string[], { epoch = 1, seed = 0, repeats = names.map(() => 0) } = {}) {
  const images = new Float32Array(names.length * image.length);
  names.forEach((_, i) => void images.set(image, i * image.length));
  const augment = createAugment(training, preprocessing, seed, sha256);
  await augment(
    images,
    names.map((name, i) => ({ name, repeat: repeats[i] })),
    epoch,
  );
  return names.map((_, i) => images.slice(i * image.length, (i + 1) * image.length));
}

test("neither order nor batch matters, but seed, epoch, image and repetition do", async () => {
  const [a, b, c] = await seen(["a", "b", "c"]);
  expect(await seen(["c", "a"])).toEqual([c, a]);
  const others = [
    image,
    b,
    c,
    ...(await seen(["a"], { epoch: 2 })),
    ...(await seen(["a"], { seed: 1 })),
    ...(await seen(["a"], { repeats: [1] })),
  ];
  for (const other of others) expect(other).not.toEqual(a);
});

test("an abort is heard between images", async () => {
  const augment = createAugment(training, preprocessing, 0, sha256);
  const stopped = augment(image.slice(), [{ name: "a", repeat: 0 }], 1, AbortSignal.abort("cancelled"));
  await expect(stopped).rejects.toBe("cancelled");
});

test("a preview shows what training sees of the image", async () => {
  const { data } = drawNoise({ width: size, height: size, channels: 3 });
  const decode = async () => ({ width: size, height: size, channels: 3 as const, data });
  const dataset = tinyDataset();
  const [{ name, sha256: hash }] = dataset.row.images;
  const request = { image: name, preprocessing, training, seed: 3, epochs: [2, 7] };
  const preview = await previewAugmentation(request, dataset, decode);
  expect(preview.plain.data).toEqual(data);
  const loaded = preprocess(await decode(), preprocessing);
  await createAugment(training, preprocessing, 3, () => hash)(loaded, [{ name, repeat: 0 }], 7);
  expect(preview.augmented).toHaveLength(2);
  expect(preview.augmented[1]).toEqual(pixelsOf(loaded, preprocessing));
  expect(preview.augmented[0]).not.toEqual(preview.augmented[1]);
  const unknown = previewAugmentation({ ...request, image: "elsewhere.png" }, dataset, decode);
  await expect(unknown).rejects.toMatchObject({ code: "dataset.image-missing" });
});

test("repetitions are counted", () => {
  expect(repeatsOf([3, 1, 3, 3, 1, 0])).toEqual([0, 0, 1, 2, 1, 0]);
});
