/** One contestant in its own page or process, driven from outside by calls whose arguments and results are plain data. */
import type { Contestant, LoadContestant, Run, Runner, Work } from "./contestant";
import { countDeviceBytes } from "./device-bytes";
import type { Profile } from "./profile";
import type { Network } from "./vit";

/** What is known after the first run. */
export interface Opened {
  label: string;
  adapter?: string;
  /** From the network's weights to the first result: upload, compilation, first run. */
  firstMs: number;
  /** Loss before the first step. */
  losses: number[];
  /** Results to compare, as plain arrays. */
  results: Record<string, number[]>;
}

export interface Timed extends Run {
  ms: number;
}

export interface Host {
  open(net: Network, work: Work): Promise<Opened | null>;
  time(): Promise<Timed>;
  /** Most bytes on the device at once since `open`. */
  peakBytes(): Promise<number>;
  close(): Promise<void>;
  /** Of Radapt alone: its kernels under the clock. */
  profile(net: Network, works: readonly Work[]): Promise<Profile>;
  /** Of Radapt alone: milliseconds of a submit (`submitTwelve`), by repetition. */
  submits(): Promise<number[]>;
}

export function createHost(load: LoadContestant): Host {
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
    profile: async (net, works) => (await import("./profile")).profileStep(net, works),
    submits: async () => (await import("./profile")).submitTwelve(),
  };
}
