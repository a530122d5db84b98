/** Counts what a column or a rule of paths would give if it named the patients. */

export interface PatientFacts {
  patients: number;
  /** Images that have a patient. */
  images: number;
  /** Smallest and largest number of images of a patient. */
  least: number;
  most: number;
  /** Patients with several images, and the images of these patients. */
  repeatedPatients: number;
  repeatedImages: number;
}

/**
 * @param keys one per row; "" where a row names no patient
 * @param images the image of each row
 * @param imagesRepeat whether several rows name one image
 */
export function patientFacts(keys: readonly string[], images: readonly string[], imagesRepeat: boolean): PatientFacts {
  const groups = new Map<string, number>();
  const counted = new Set<string>();
  for (const [row, key] of keys.entries()) {
    if (key === "") continue;
    if (imagesRepeat) {
      const pair = `${key}\n${images[row]}`;
      if (counted.has(pair)) continue;
      counted.add(pair);
    }
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const facts = { patients: groups.size, images: 0, least: 0, most: 0, repeatedPatients: 0, repeatedImages: 0 };
  for (const size of groups.values()) {
    facts.images += size;
    facts.least = facts.least === 0 ? size : Math.min(facts.least, size);
    facts.most = Math.max(facts.most, size);
    if (size > 1) {
      facts.repeatedPatients++;
      facts.repeatedImages += size;
    }
  }
  return facts;
}

/** "37 values, 1 to 9 images each" */
export function patientFactsText({ patients, least, most }: PatientFacts): string {
  const values = `${patients} value${patients === 1 ? "" : "s"}`;
  const each = least === most ? `${most} image${most === 1 ? "" : "s"}` : `${least} to ${most} images`;
  return `${values}, ${each} each`;
}
