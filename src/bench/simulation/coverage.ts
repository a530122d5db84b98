/**
 * How often the intervals that a screen shows hold the truth, and how often it claims a difference
 * between methods that are equal, over many simulated studies.
 */
import { aggregate } from "../aggregate";
import { comparedGroups, correctedT } from "../comparisons";
import { metricOf } from "../metrics";
import { splitRun } from "../split";
import { mean } from "../stats";
import { simulatePatients, type World } from "./patients";
import { type Design, probe, seenBy, simulateStudy } from "./study";

export interface Coverage {
  metric: string;
  /** The metric that the procedure reaches on average, on new patients. */
  truth: number;
  studies: number;
  /** Studies whose first row has an interval; of them, those whose interval holds the truth. */
  shown: number;
  covered: number;
  /** Mean of the first row's value minus the truth. */
  bias: number;
  /** Mean half-width of the shown intervals. */
  halfWidth: number;
  /** Studies in which a difference is claimed between any two of the equal methods. */
  falseClaims: number;
}

/**
 * The value that the procedure reaches on average: it trains on a training part of a new sample and
 * predicts many patients whom no study sees.
 *
 * @param samples number of new samples; the error falls with its root
 */
function expectedMetrics(world: World, design: Design, ids: readonly string[], samples = 300): number[] {
  const one = { ...world, methods: 1 };
  const many = simulatePatients(
    { ...one, patients: 4000, images: Math.round((4000 * world.images) / world.patients) },
    -1,
  );
  const truth = many.map(({ label }) => label);
  const split = { protocol: "stratified-group-k-fold", folds: design.folds, splitSeed: 42, part: "0" };
  const sums = ids.map(() => 0);
  for (let sample = 0; sample < samples; sample++) {
    const images = simulatePatients(one, -2 - sample);
    const { train } = splitRun({ images, classes: ["no", "yes"] }, { split, regime: design.regime, seed: sample });
    const names = new Set(train);
    const own = images.filter(({ name }) => names.has(name));
    const { probabilities } = probe(seenBy(own, design, `truth ${sample}`), many, 0);
    ids.forEach((id, i) => {
      sums[i] += metricOf(id).compute({ truth, probabilities, classes: 2 }) / samples;
    });
  }
  return sums;
}

/** @param first seed of the first study; studies of different seeds are independent */
export function simulateCoverage(
  world: World,
  design: Design,
  ids: readonly string[],
  { studies, first = 0, samples }: { studies: number; first?: number; samples?: number },
): Coverage[] {
  const truths = expectedMetrics(world, design, ids, samples);
  const rows = ids.map(() => ({ errors: [] as number[], halves: [] as number[], covered: 0, falseClaims: 0 }));
  for (let study = first; study < first + studies; study++) {
    const records = simulateStudy(world, design, study);
    const [row] = aggregate(records);
    ids.forEach((id, i) => {
      const { mean: value, low, high } = row.metrics[id];
      rows[i].errors.push(value - truths[i]);
      if (Number.isFinite(low)) {
        rows[i].halves.push((high - low) / 2);
        if (low <= truths[i] && truths[i] <= high) rows[i].covered++;
      }
      if (comparedGroups(records, id).some((compared) => correctedT.compute(compared).decisive)) rows[i].falseClaims++;
    });
  }
  return rows.map(({ errors, halves, covered, falseClaims }, i) => ({
    metric: ids[i],
    truth: truths[i],
    studies,
    shown: halves.length,
    covered,
    bias: mean(errors),
    halfWidth: mean(halves),
    falseClaims,
  }));
}
