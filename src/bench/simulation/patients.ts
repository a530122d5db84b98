/**
 * Patients with a known truth. Each has an outcome and images; each method sees features of its own
 * of every image. All methods are equally good by construction, so a difference that is claimed
 * between them is false.
 */
import { createPrng, type Prng } from "../../base";
import type { SplitImage } from "../folds";

export interface World {
  patients: number;
  /** All images, at least one per patient. */
  images: number;
  /** Share of patients with the outcome. */
  prevalence: number;
  /** Number of equally good methods. */
  methods: number;
  /** Features per image; the first tells the outcome, the others are noise. */
  features: number;
  /** Distance of the classes' means along the first feature, in standard deviations. */
  effect: number;
  /** Share of the variance of the telling feature that all methods have in common, 0 to 1. */
  shared: number;
  /** Share of the variance that differs between images of one patient, 0 to 1. */
  within: number;
}

/** What the tables of docs/statistics.md are computed for, but for what they say. */
export const usualWorld: Omit<World, "patients" | "images" | "prevalence"> = {
  methods: 2,
  features: 8,
  effect: 1.2,
  shared: 0.5,
  within: 0.4,
};

export interface SimulatedImage extends SplitImage {
  /** [methods][features] */
  features: Float64Array[];
}

/** Images of a new sample of patients, of whom exactly the stated share has the outcome. */
export function simulatePatients(world: World, seed: number): SimulatedImage[] {
  const prng = createPrng(seed, "simulated patients");
  const positives = Math.round(world.patients * world.prevalence);
  const counts = new Array<number>(world.patients).fill(1);
  for (let extra = world.patients; extra < world.images; extra++) counts[prng.below(world.patients)]++;
  return counts.flatMap((count, p) => simulatedImages(`p${p}`, p < positives ? 1 : 0, count, world, prng));
}

function simulatedImages(patient: string, label: number, count: number, world: World, prng: Prng): SimulatedImage[] {
  const { methods, features, effect, shared, within } = world;
  const normals = () => Float64Array.from({ length: features }, () => prng.normal());
  const common = prng.normal();
  const own = Array.from({ length: methods }, normals);
  const between = (ofPatient: number, ofImage: number) =>
    Math.sqrt(1 - within) * ofPatient + Math.sqrt(within) * ofImage;
  return Array.from({ length: count }, (_, i) => {
    const telling = between(common, prng.normal());
    const seen = own.map((ofPatient) => {
      const ofImage = normals();
      const x = ofPatient.map((value, j) => between(value, ofImage[j]));
      x[0] = Math.sqrt(shared) * telling + Math.sqrt(1 - shared) * x[0] + effect * label;
      return x;
    });
    return { name: `${patient}/${i}`, patient, label, features: seen };
  });
}
