/**
 * Draws a small labelled dataset into a folder: grey PNGs whose class is the side of a bright disc,
 * and a CSV.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { createPrng } from "../../src/base/prng";

export interface Drawn {
  /** Folder of the images alone. */
  images: string;
  /** The CSV: columns file, patient, outcome. */
  table: string;
  /** Names of the images, in the order of the table. */
  names: string[];
}

export interface DrawOptions {
  patients?: number;
  imagesPerPatient?: number;
  /** Outcome of a patient; by default every second one is "severe". */
  outcome?: (patient: number) => string;
  /** Name of the image in the table; by default its file name. */
  nameInTable?: (name: string) => string;
}

const side = 64;

/** Draws a noisy grey square with a disc at the left ("severe") or at the right. */
function drawPng(severe: boolean, seed: number): Uint8Array {
  const prng = createPrng(seed, "e2e");
  const centre = { x: (severe ? 0.3 : 0.7) * side + 3 * prng.normal(), y: (0.3 + 0.4 * prng.uniform()) * side };
  const data = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const inside = Math.hypot(x - centre.x, y - centre.y) < 11;
      data[y * side + x] = Math.max(0, Math.min(255, 80 + (inside ? 90 : 0) + 15 * prng.normal()));
    }
  }
  return encode({ width: side, height: side, data, channels: 1, depth: 8 });
}

/** Writes `<folder>/images/*.png` and `<folder>/outcomes.csv`. */
export async function drawDataset(folder: string, options: DrawOptions = {}): Promise<Drawn> {
  const { patients = 20, imagesPerPatient = 2 } = options;
  const outcome = options.outcome ?? ((patient: number) => (patient % 2 === 0 ? "severe" : "mild"));
  const nameInTable = options.nameInTable ?? ((name: string) => name);
  const images = join(folder, "images");
  await mkdir(images, { recursive: true });
  const names: string[] = [];
  const rows = ["file,patient,outcome"];
  for (let patient = 0; patient < patients; patient++) {
    for (let view = 0; view < imagesPerPatient; view++) {
      const name = `p${String(patient).padStart(2, "0")}-${view}.png`;
      await writeFile(join(images, name), drawPng(patient % 2 === 0, patient * 10 + view));
      names.push(name);
      rows.push(`${nameInTable(name)},P${patient},${outcome(patient)}`);
    }
  }
  const table = join(folder, "outcomes.csv");
  await writeFile(table, `${rows.join("\n")}\n`);
  return { images, table, names };
}
