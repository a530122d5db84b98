/**
 * Draws synthetic chest phantoms, the dataset of the demo. They look a little like radiographs and
 * show no patient. The outcome ("deteriorated") depends on how much of the lungs is mottled by
 * opacities, more so in the lower halves, and most if both sides are affected (`severity` in
 * disease.ts). 5 % of the labels are wrong. Exposure, position, rotation, smooth veils as bright as
 * the opacities, and a marker letter vary from image to image and mean nothing.
 */
import { createPrng, type Prng } from "../../base/prng";
import { drawAnatomy } from "./anatomy";
import { drawOpacities, drawOutcome, type Opacity } from "./disease";
import { exposePhantom } from "./expose";

export interface PhantomImage {
  /** File name, unique in the set. */
  name: string;
  patient: string;
  /** Index into `PHANTOM_OUTCOMES`, the same for all images of a patient. */
  outcome: 0 | 1;
  width: number;
  height: number;
  /** width·height bytes, row-major, 0 black. */
  grey: Uint8Array;
}

export interface PhantomOptions {
  patients: number;
  seed: number;
  /** The side of the square images in pixels; default 128. */
  size?: number;
}

/** Class names; index 1 is the positive one. */
export const PHANTOM_OUTCOMES: readonly [string, string] = ["recovered", "deteriorated"];

export const DEMO_PHANTOMS = {
  patients: 60,
  seed: 7,
  size: 128,
  name: "Synthetic chest phantoms (demo)",
  description:
    "Drawn by this program, not photographed: stylised chest images of invented patients, two or three each. " +
    "The outcome depends on the extent of mottled opacities, on their height and on whether both lungs have them; " +
    "exposure, position, smooth veils and the marker letter mean nothing.",
} as const satisfies PhantomOptions & { name: string; description: string };

/**
 * Draws two or three images of every patient, patient by patient. Equal options give equal bytes.
 */
export function drawPhantoms(options: PhantomOptions): PhantomImage[] {
  return [...generatePhantoms(options)];
}

/** Does the same as `drawPhantoms`, one image at a time, for a caller that shows progress. */
export function* generatePhantoms({ patients, seed, size = 128 }: PhantomOptions): Generator<PhantomImage> {
  for (let index = 0; index < patients; index++) {
    const prng = createPrng(seed, `phantoms/${index}`);
    const anatomy = drawAnatomy(prng);
    const opacities = drawOpacities(prng);
    const outcome = drawOutcome(opacities, prng);
    const patient = `P${String(index + 1).padStart(3, "0")}`;
    const images = 2 + prng.below(2);
    for (let k = 1; k <= images; k++) {
      const grey = exposePhantom(
        anatomy,
        opacities.map((o) => onAnotherDay(o, prng)),
        size,
        prng,
      );
      yield { name: `${patient}-${k}.png`, patient, outcome, width: size, height: size, grey };
    }
  }
}

/** The same opacity in another image of the patient: slightly moved, grown or shrunk. */
function onAnotherDay(o: Opacity, prng: Prng): Opacity {
  const growth = Math.exp(0.08 * prng.normal());
  return { ...o, u: o.u + 0.015 * prng.normal(), v: o.v + 0.015 * prng.normal(), ru: o.ru * growth, rv: o.rv * growth };
}
