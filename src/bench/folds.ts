/**
 * Makes stratified folds that never split a patient.
 *
 * The greedy start is that of scikit-learn's StratifiedGroupKFold: place the largest groups first,
 * each into the fold where the classes stay most even. Then a local search moves single patients as
 * long as that makes the folds more even.
 */
import { createPrng, RadaptError } from "../base";

/** One labelled image. An `ImageRow` of a dataset has these fields. */
export interface SplitImage {
  /** Unique within the dataset. */
  name: string;
  patient: string;
  /** Patients of one group share an image, and a split keeps them together; see `divide`. */
  group?: string;
  /** Index of its class. */
  label: number;
  centre?: string;
  /** Where the dataset's split column places it. */
  split?: "train" | "val" | "test";
}

export interface FoldOptions {
  folds: number;
  splitSeed: number;
  /** Class names. Messages show them, and they reveal a class without images. */
  classes?: readonly string[];
}

export interface PatientGroup {
  patient: string;
  images: SplitImage[];
  /** [C] images of each class. */
  counts: number[];
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Sorts images by name, so that no result depends on their order in the input. */
export function sortedByName(images: readonly SplitImage[]): SplitImage[] {
  return [...images].sort((a, b) => compareText(a.name, b.name));
}

/** Number of classes: the number of names, or without names the largest label + 1. */
export function classCount(images: readonly SplitImage[], classes?: readonly string[]): number {
  return classes?.length ?? images.reduce((most, image) => Math.max(most, image.label + 1), 0);
}

/** Names of the classes; their indices where they have none. */
export function classNamesOf(images: readonly SplitImage[], classes?: readonly string[]): readonly string[] {
  return classes ?? Array.from({ length: classCount(images) }, (_, c) => String(c));
}

/** Groups images by patient. Patients are in order of id, the images of each in order of name. */
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
 * Assigns every patient to a fold: patient id → fold in [0, folds).
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

/** Distributes patients over folds as evenly as it can. Seed and stream decide the result. */
export function dealGroups(
  groups: readonly PatientGroup[],
  classes: number,
  folds: number,
  seed: number,
  stream: string,
): Map<string, number> {
  return dealShares(groups, classes, new Array<number>(folds).fill(1), seed, stream);
}

/**
 * Distributes patients over parts of different sizes, so that each part has about its share of
 * every class. Seed and stream decide the result.
 *
 * @param shares relative size of each part, above 0
 * @returns patient id → index of the part
 */
export function dealShares(
  groups: readonly PatientGroup[],
  classes: number,
  shares: readonly number[],
  seed: number,
  stream: string,
): Map<string, number> {
  const table = createFoldTable(groups, classes, shares);
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

/** Moves single patients as long as that lowers the unevenness, in at most 20 passes. */
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
  /**
   * The fold to which the group adds the least unevenness. `stay` wins unless another fold is
   * better by more than rounding.
   */
  cheapest(group: PatientGroup, stay?: number): number;
  /**
   * How hard a group is to place: Σ_c (images of class c in the group / all images of class c)².
   */
  weight(group: PatientGroup): number;
}

/**
 * Keeps the class counts of each fold.
 *
 * Unevenness = Σ_c Σ_f (n_fc / n_c)² / s_f, with s_f the fold's size relative to the mean one: up
 * to constants, the sum over classes of their variance between folds. It is least where every fold
 * has its share of every class. A small term evens out the folds' sizes, and a large one penalises
 * a fold without some class.
 */
function createFoldTable(groups: readonly PatientGroup[], classes: number, shares: readonly number[]): FoldTable {
  const folds = shares.length;
  const meanShare = shares.reduce((sum, share) => sum + share, 0) / folds;
  const perShare = shares.map((share) => meanShare / share);
  const width = classes + 1;
  const totals = new Array<number>(width).fill(0);
  const sized = new Map(groups.map((group) => [group, [...group.counts, group.images.length]]));
  for (const counts of sized.values()) counts.forEach((n, c) => void (totals[c] += n));
  const scale = totals.map((n, c) => (c < classes ? 1 : 0.01) / Math.max(1, n * n));
  const counts = Array.from({ length: folds }, () => new Array<number>(width).fill(0));
  const lackPenalty = 4 * width * Math.max(...perShare);

  const added = (group: PatientGroup, fold: number) => {
    const own = sized.get(group)!;
    let cost = 0;
    for (let c = 0; c < width; c++) {
      if (own[c] === 0) continue;
      const before = counts[fold][c];
      cost += (2 * before + own[c]) * own[c] * scale[c] * perShare[fold];
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
