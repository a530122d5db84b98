/**
 * Runs one contestant in its own page or process. The benchmark calls it from outside with plain
 * data.
 */
import type { Contestant, LoadContestant, Run, Runner, Work } from "./contestant";
import { countDeviceBytes } from "./device-bytes";
import type { Profile } from "./profile";
import type { Network } from "./vit";

/** The results of the first run. */
export interface Opened {
  label: string;
  adapter?: string;
  /** Time from the network's weights to the first result, ms: upload, compilation, first run. */
  firstMs: number;
  /** Loss before the first step. */
  losses: number[];
  /** The results that the benchmark compares, as plain arrays. */
  results: Record<string, number[]>;
}

export interface Timed extends Run {
  ms: number;
}

export interface ContestantHost {
  open(net: Network, work: Work): Promise<Opened | null>;
  time(): Promise<Timed>;
  /** Peak of the bytes on the device since `open`. */
  peakBytes(): Promise<number>;
  close(): Promise<void>;
  /** Times the kernels of Radapt. Other contestants do not have this. */
  profile(net: Network, works: readonly Work[]): Promise<Profile>;
  /** Milliseconds of each submit of Radapt (`submitTwelve`). Other contestants do not have this. */
  submits(): Promise<number[]>;
}

export function createContestantHost(load: LoadContestant): ContestantHost {
  const bytes = countDeviceBytes();
  let contestant: Promise<Contestant> | undefined;
  let runner: Runner | undefined;
  const time = async (): Promise<Timed> => {
    const start = performance.now();
    const run = await runner!.run();
    return { ...run, ms: performance.now() - start };
  };
  return {
    open: async (net, work) => {
      contestant ??= load();
      const { label, works, adapter, open } = await contestant;
      if (!works.includes(work)) return null;
      bytes.peak = bytes.live;
      const start = performance.now();
      runner = await open(net, work);
      const { loss } = await runner.run();
      const firstMs = performance.now() - start;
      const results = Object.entries(await runner.results()).map(([name, data]) => [name, Array.from(data)]);
      return {
        label,
        adapter,
        firstMs,
        losses: loss === undefined ? [] : [loss],
        results: Object.fromEntries(results),
      };
    },
    time,
    peakBytes: async () => bytes.peak,
    close: async () => {
      runner?.dispose();
      runner = undefined;
    },
    profile: async (net, works) => (await import("./profile")).profileLoraStep(net, works),
    submits: async () => (await import("./profile")).submitTwelve(),
  };
}
