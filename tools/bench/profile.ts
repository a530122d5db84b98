/** Times Radapt's own kernels: rates of matrix products, and the parts of a LoRA step. */
import { median } from "../../src/bench/stats/summary";
import { SubmitBudget } from "../../src/engine/devices/gpu/submit-budget";
import { type TimedDispatch, timeDispatches } from "../../src/engine/devices/gpu/timing";
import { createWebGpuDevice } from "../../src/engine/index";
import { groupDispatches } from "../../src/engine/profile/dispatch-groups";
import { commonProducts, type ProductRate, productRate } from "../../src/engine/profile/profile";
import type { Runner, Work } from "./contestant";
import { freshTuning, openRadapt } from "./peers/radapt";
import type { StepProfile } from "./report";
import { ratioInTurns } from "./statistics";
import { type Network, networkOf, tokensOf } from "./vit";

const TIMED_STEPS = 3;
/**
 * Turns of forward pass and steps: at least MIN_TURNS, and up to MAX_TURNS while they take less
 * than TURNS_MS.
 */
const [MIN_TURNS, MAX_TURNS, TURNS_MS] = [4, 20, 20_000];
const SUBMITS = 60;

/**
 * Kind of a kernel, for people. The operations of a product tell those of attention (tokens ×
 * tokens), of LoRA (rank) and of layers (widths) apart; other kernels go by their operator.
 */
function kernelKind(net: Network, { label, flops }: TimedDispatch): string {
  if (flops === 0) return label.split(" ")[0];
  const tokens = tokensOf(net);
  const perWidth = flops / (2 * net.batch * tokens * net.width);
  // One dispatch may hold several products.
  if (perWidth % tokens === 0) return "products of attention";
  return perWidth < net.width && perWidth % net.r === 0 ? "products of LoRA" : "products of layers";
}

function sharesOf(net: Network, dispatches: readonly TimedDispatch[]): StepProfile["shares"] {
  const total = dispatches.reduce((sum, d) => sum + d.us, 0);
  return groupDispatches(dispatches, (d) => kernelKind(net, d))
    .slice(0, 12)
    .map(({ name, us, flops }) => ({ kind: name, share: us / total, gflops: flops > 0 ? flops / us / 1000 : null }));
}

export interface Profile {
  adapter: string;
  rates: ProductRate[];
  step: Omit<StepProfile, "size" | "batch">;
}

/** A budget without limit, so that one submit holds the whole step. */
class AtOnce extends SubmitBudget {
  override get maxCost() {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Milliseconds until a LoRA step of twelve blocks is encoded and handed to an idle device, for each
 * repetition. The number of dispatches depends only on the blocks. They are narrow and their image
 * is small, since software devices compute on the cores and in the caches that encode.
 */
export async function submitTwelve(): Promise<number[]> {
  const device = await createWebGpuDevice({ submitBudget: new AtOnce() });
  const runner = await openRadapt(device, { ...networkOf("micro", 1), image: 16, depth: 12 }, "lora");
  const times: number[] = [];
  for (let i = 0; i < SUBMITS; i++) times.push((await runner.run()).submitMs ?? Number.NaN);
  runner.dispose();
  device.dispose();
  // The first third only warms up.
  return times.slice(SUBMITS / 3);
}

/**
 * Merges several timings of the same dispatches into one with median times, since the clock of
 * software devices may tick in 65 µs.
 */
const medians = ([first, ...others]: readonly TimedDispatch[][]): TimedDispatch[] =>
  first.map((d, i) => ({ ...d, us: median([d.us, ...others.map((run) => run[i].us)]) }));

interface TimedWork {
  work: Work;
  runner: Runner;
  ms: number[];
}

/** Runs all entrants in turns, so that other load of the machine affects all of them alike. */
async function takeTurns(entrants: readonly TimedWork[]): Promise<void> {
  const start = performance.now();
  for (let i = -1; i < MIN_TURNS || (i < MAX_TURNS && performance.now() - start < TURNS_MS); i++) {
    for (const { runner, ms } of entrants) {
      const from = performance.now();
      await runner.run();
      // The first turn only warms up.
      if (i >= 0) ms.push(performance.now() - from);
    }
  }
}

/**
 * @param works kinds of work that are timed beside the LoRA step
 * @throws RadaptError `gpu.no-timestamps`
 */
export async function profileLoraStep(net: Network, works: readonly Work[]): Promise<Profile> {
  const timer = timeDispatches(navigator.gpu);
  const device = await createWebGpuDevice({ gpu: timer.gpu, tuning: freshTuning() });
  const entrants: TimedWork[] = [];
  for (const work of new Set<Work>([...works, "lora"]))
    entrants.push({ work, runner: await openRadapt(device, net, work), ms: [] });
  await takeTurns(entrants);
  const turnsOf = (work: Work) => entrants.find((e) => e.work === work)?.ms ?? [];
  const { runner } = entrants.find((e) => e.work === "lora")!;
  const timed: TimedDispatch[][] = [];
  for (let i = 0; i < TIMED_STEPS; i++) {
    timer.start();
    await runner.run();
    timed.push(await timer.stop());
  }
  const dispatches = medians(timed);
  for (const entrant of entrants) entrant.runner.dispose();
  const rates: ProductRate[] = [];
  for (const shape of commonProducts) rates.push(await productRate(device, timer, shape));
  device.dispose();
  const toForward = (work: Work) => ratioInTurns(turnsOf(work), turnsOf("forward"));
  const step = {
    flops: dispatches.reduce((sum, d) => sum + d.flops, 0),
    dispatches: dispatches.length,
    ms: median(turnsOf("lora")),
    best: Math.max(...rates.map(({ gflops }) => gflops)),
    toForward: { lora: toForward("lora"), full: toForward("full") },
    shares: sharesOf(net, dispatches),
  };
  return { adapter: device.info.label, rates, step };
}
