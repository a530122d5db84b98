/**
 * Stratified folds that never split a patient: the idea of scikit-learn's StratifiedGroupKFold
 * (largest groups first, each to the fold that stays most even), followed by moves of single
 * patients while they make the folds more even.
 */
import { createPrng, RadaptError } from "../base";

/** One labelled image. An `ImageRow` of a dataset fits. */
export interface SplitImage {
  /** Unique within the dataset. */
  name: string;
  patient: string;
  /** Index of its class. */
  label: number;
}

export interface FoldOptions {
  folds: number;
  splitSeed: number;
  /** Class names, for messages and so that a class without images is noticed. */
  classes?: readonly string[];
}

export interface PatientGroup {
  patient: string;
  images: SplitImage[];
  /** [C] images of each class. */
  counts: number[];
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Images in order of name, so that nothing depends on the order in which they came. */
export function sortedByName(images: readonly SplitImage[]): SplitImage[] {
  return [...images].sort((a, b) => compareText(a.name, b.name));
}

/** Number of classes: as many as named, or as the labels need. */
export function classCount(images: readonly SplitImage[], classes?: readonly string[]): number {
  return classes?.length ?? images.reduce((most, image) => Math.max(most, image.label + 1), 0);
}

/** Images grouped by patient, patients in order of their id, images in order of name. */
export function groupByPatient(images: readonly SplitImage[], classes: number): PatientGroup[] {
  const groups = new Map<string, PatientGroup>();
  for (const image of sortedByName(images)) {
    let group = groups.get(image.patient);
    if (!group) groups.set(image.patient, (group = newGroup(image.patient, classes)));
    group.images.push(image);
    group.counts[image.label]++;
  }
  return [...groups.values()].sort((a, b) => compareText(a.patient, b.patient));
}

function newGroup(patient: string, classes: number): PatientGroup {
  return { patient, images: [], counts: new Array<number>(classes).fill(0) };
}

/**
 * The patients' folds: patient id → fold in [0, folds).
 *
 * @throws RadaptError `folds.one-class`, or `folds.few-patients` when a class has fewer patients
 *   than there are folds
 */
export function assignFolds(images: readonly SplitImage[], options: FoldOptions): Map<string, number> {
  const classes = classCount(images, options.classes);
  const groups = groupByPatient(images, classes);
  assertEnoughPatients(groups, classes, options);
  return dealGroups(groups, classes, options.folds, options.splitSeed, "folds");
}

/** Deals patients to `folds` as evenly as can be; deterministic by seed and stream. */
export function dealGroups(
  groups: readonly PatientGroup[],
  classes: number,
  folds: number,
  seed: number,
  stream: string,
): Map<string, number> {
  const table = createFoldTable(groups, classes, folds);
  const order = createPrng(seed, stream)
    .shuffled(groups)
    .map((group) => ({ group, weight: table.weight(group) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ group }) => group);
  const chosen = order.map((group) => {
    const fold = table.cheapest(group);
    table.put(group, fold, 1);
    return fold;
  });
  refine(order, chosen, table);
  return new Map(order.map((group, index) => [group.patient, chosen[index]]));
}

/** Moves single patients while that lowers the unevenness; it strictly falls, so this ends. */
function refine(order: readonly PatientGroup[], chosen: number[], table: FoldTable): void {
  const passes = 20;
  for (let pass = 0, moved = true; pass < passes && moved; pass++) {
    moved = false;
    for (let i = 0; i < order.length; i++) {
      table.put(order[i], chosen[i], -1);
      const fold = table.cheapest(order[i], chosen[i]);
      table.put(order[i], fold, 1);
      if (fold !== chosen[i]) moved = true;
      chosen[i] = fold;
    }
  }
}

interface FoldTable {
  put(group: PatientGroup, fold: number, sign: 1 | -1): void;
  /** The fold where the group costs least; `stay` is kept unless another is truly better. */
  cheapest(group: PatientGroup, stay?: number): number;
  /** How hard a group is to place: Σ_c (share of the class)². */
  weight(group: PatientGroup): number;
}

/**
 * Running counts of each fold. Unevenness = Σ_c Σ_f (n_fc / n_c)², the sum of the classes'
 * variances over folds up to constants, plus a small term for the folds' sizes and a large one for
 * each class that a fold lacks.
 */
function createFoldTable(groups: readonly PatientGroup[], classes: number, folds: number): FoldTable {
  const width = classes + 1;
  const totals = new Array<number>(width).fill(0);
  const sized = new Map(groups.map((group) => [group, [...group.counts, group.images.length]]));
  for (const counts of sized.values()) counts.forEach((n, c) => void (totals[c] += n));
  const scale = totals.map((n, c) => (c < classes ? 1 : 0.01) / Math.max(1, n * n));
  const counts = Array.from({ length: folds }, () => new Array<number>(width).fill(0));
  const lackPenalty = 4 * width;

  const added = (group: PatientGroup, fold: number) => {
    const own = sized.get(group)!;
    let cost = 0;
    for (let c = 0; c < width; c++) {
      if (own[c] === 0) continue;
      const before = counts[fold][c];
      cost += (2 * before + own[c]) * own[c] * scale[c];
      if (before === 0 && c < classes) cost -= lackPenalty;
    }
    return cost;
  };
  return {
    put: (group, fold, sign) => sized.get(group)!.forEach((n, c) => void (counts[fold][c] += sign * n)),
    cheapest: (group, stay) => {
      let best = stay ?? 0;
      let least = added(group, best);
      for (let fold = 0; fold < folds; fold++) {
        const cost = added(group, fold);
        if (cost < least - 1e-13) [best, least] = [fold, cost];
      }
      return best;
    },
    weight: (group) => group.counts.reduce((sum, n, c) => sum + n * n * scale[c], 0),
  };
}

function assertEnoughPatients(groups: readonly PatientGroup[], classes: number, options: FoldOptions): void {
  const name = (c: number) => options.classes?.[c] ?? String(c);
  if (classes < 2) {
    throw new RadaptError("The outcome has a single class: there is nothing to tell apart.", {
      code: "folds.one-class",
      expected: "at least two classes",
      got: classes === 1 ? `only "${name(0)}"` : "no images",
      remedy: "Choose another outcome column, or add images of the other class.",
    });
  }
  for (let c = 0; c < classes; c++) {
    const patients = groups.filter((group) => group.counts[c] > 0).length;
    if (patients >= options.folds) continue;
    throw new RadaptError(`Class "${name(c)}" has too few patients for ${options.folds} folds.`, {
      code: "folds.few-patients",
      where: `class "${name(c)}"`,
      expected: `at least ${options.folds} patients, so that every fold can test the class`,
      got: `${patients}`,
      remedy:
        patients >= 2
          ? `Use at most ${patients} folds, add patients of this class, or merge it with another class.`
          : "Add patients of this class, merge it with another class, or choose another outcome column.",
    });
  }
}
