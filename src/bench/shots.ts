/**
 * Draws the training and validation images of a few-shot run. For one seed the draws are nested:
 * the 8-shot images contain the 4-shot images, so that a curve over shots changes one thing at a
 * time.
 */
import { createPrng, groupBy, RadaptError } from "../base";
import { classNamesOf, dealShares, groupByPatient, type SplitImage, sortedByName } from "./folds";
import { type PartImages, partLabel, protocolOf, type RunSplit, type SplitDataset } from "./protocols";
import type { ShotRegime } from "./regime";

export interface ShotRequest {
  dataset: SplitDataset;
  part: PartImages;
  split: RunSplit;
  regime: ShotRegime;
  /** Seeds the draw. */
  seed: number;
}

/** Share of the drawn images that "from-shots" sets aside for validation. */
const VALIDATION_SHARE = 0.25;

/**
 * Draws from the training part, and for "separate" validation in the same way from the validation
 * part. A large validation set would give a few-shot method many more labels than k
 * (LAION-AI/CLIP_benchmark#125, gaopengcuhk/Tip-Adapter#11).
 *
 * @throws RadaptError `shots.too-few` where the training part has too few images, `shots.centres`
 *   where a draw by centre finds none
 */
export function drawShots(request: ShotRequest): Pick<PartImages, "train" | "validation"> {
  const { part, regime, split } = request;
  assertShots(request);
  const stream = (side: "train" | "val") => `shots/${side}/${split.splitSeed}/${split.part}`;
  const train = draw(part.train, request, stream("train"));
  switch (regime.validation ?? "separate") {
    case "separate":
      return { train, validation: draw(part.validation, request, stream("val")) };
    case "none":
      return { train, validation: [] };
    case "from-shots":
      return setAside(train, request, stream("val"));
  }
}

function draw(pool: readonly SplitImage[], { dataset, regime, seed }: ShotRequest, stream: string): SplitImage[] {
  const classes = classNamesOf(dataset.images, dataset.classes).length;
  const { shots, scenario = "standard" } = regime;
  const ofClass = (images: readonly SplitImage[], c: number) => images.filter(({ label }) => label === c);
  const perClass = (images: readonly SplitImage[], counts: readonly number[], of: string) =>
    counts.flatMap((count, c) => byPatientInTurn(ofClass(images, c), seed, `${of}/${c}`).slice(0, count));
  const equal = new Array<number>(classes).fill(shots);
  switch (scenario) {
    case "standard":
      return sortedByName(perClass(pool, equal, stream));
    case "relaxed": {
      const available = equal.map((_, c) => ofClass(pool, c).length);
      return sortedByName(perClass(pool, naturalCounts(available, shots * classes), stream));
    }
    case "realistic":
      return sortedByName(byPatientInTurn(pool, seed, `${stream}/realistic`).slice(0, shots * classes));
    case "centre-wise": {
      const centres = [...groupBy(pool, ({ centre }) => centre ?? "")];
      return sortedByName(centres.flatMap(([centre, own]) => perClass(own, equal, `${stream}/centre ${centre}`)));
    }
  }
}

/**
 * Orders images at random: one image of each patient, then a second one of each, and so on, since
 * images of different patients teach more than images of one.
 */
function byPatientInTurn(pool: readonly SplitImage[], seed: number, stream: string): SplitImage[] {
  const prng = createPrng(seed, stream);
  const classes = pool.reduce((most, { label }) => Math.max(most, label + 1), 0);
  const queues = prng.shuffled(groupByPatient(pool, classes)).map((group) => prng.shuffled(group.images));
  const longest = queues.reduce((most, queue) => Math.max(most, queue.length), 0);
  return Array.from({ length: longest }, (_, round) => round).flatMap((round) =>
    queues.flatMap((queue) => (round < queue.length ? [queue[round]] : [])),
  );
}

/**
 * Numbers of images per class in the ratio of the available ones, at least one of each class that
 * has any: the divisor method of Webster (Sainte-Laguë). A larger total takes no image away from a
 * class, which keeps the draws nested.
 */
export function naturalCounts(available: readonly number[], total: number): number[] {
  const counts = available.map((n) => Math.min(1, n));
  const sum = () => counts.reduce((all, count) => all + count, 0);
  while (sum() < total) {
    let next = -1;
    for (const [c, n] of available.entries()) {
      if (counts[c] >= n) continue;
      if (next < 0 || n * (2 * counts[next] + 1) > available[next] * (2 * counts[c] + 1)) next = c;
    }
    if (next < 0) break;
    counts[next]++;
  }
  return counts;
}

/**
 * Sets about a quarter of the drawn images aside for validation, by patient and class. A class with
 * a single drawn patient keeps it for training.
 */
function setAside(drawn: readonly SplitImage[], { dataset, seed }: ShotRequest, stream: string) {
  const classes = classNamesOf(dataset.images, dataset.classes).length;
  const groups = groupByPatient(drawn, classes);
  const patients = Array.from({ length: classes }, (_, c) => groups.filter(({ counts }) => counts[c] > 0).length);
  const movable = groups.filter(({ counts }) => counts.every((count, c) => count === 0 || patients[c] > 1));
  const sides = dealShares(movable, classes, [1 - VALIDATION_SHARE, VALIDATION_SHARE], seed, `${stream}/aside`);
  const isAside = ({ patient }: SplitImage) => sides.get(patient) === 1;
  return { train: drawn.filter((image) => !isAside(image)), validation: drawn.filter(isAside) };
}

function assertShots({ dataset, part: { train }, split, regime }: ShotRequest): void {
  const { shots, scenario = "standard" } = regime;
  const names = classNamesOf(dataset.images, dataset.classes);
  const available = names.map((_, c) => train.filter(({ label }) => label === c).length);
  if (scenario === "centre-wise" && train.every(({ centre }) => centre === undefined)) throw noCentres();
  if (scenario === "relaxed" || scenario === "realistic") {
    const total = shots * names.length;
    if (train.length < total) throw tooFew("training images", total, train.length, names.length);
  }
  const least = { standard: shots, relaxed: 1, realistic: 0, "centre-wise": 1 }[scenario];
  const lacking = available.findIndex((count) => count < least);
  if (lacking >= 0) throw tooFew(`training images of class "${names[lacking]}"`, least, available[lacking], 1);

  function tooFew(what: string, needed: number, got: number, perShot: number): RadaptError {
    const most = Math.floor(got / perShot);
    const isOfClass = perShot === 1;
    const remedies = [
      `at most ${most} shots`,
      protocolOf(split).moreTraining,
      isOfClass ? "or more images of this class" : "or more images",
    ];
    const title = isOfClass
      ? `Class "${names[lacking]}" has too few training images for ${shots} shots.`
      : `There are too few training images for ${shots} shots.`;
    return new RadaptError(title, {
      code: "shots.too-few",
      where: `${isOfClass ? `class "${names[lacking]}", ` : ""}test ${partLabel(split)}`,
      expected: `at least ${needed} ${isOfClass ? "images" : what} in the training part`,
      got: String(got),
      remedy: `Use ${remedies.filter((text) => text !== null).join(", ")}.`,
    });
  }
}

function noCentres(): RadaptError {
  return new RadaptError("The dataset has no column of centres to draw shots from.", {
    code: "shots.centres",
    expected: "a centre for the training images",
    remedy: "Import the table again and choose its centre column under “More columns”, or draw shots in another way.",
  });
}
