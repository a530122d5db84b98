/** Radapt's own kernels under the clock: rates of matrix products, and where a LoRA step goes. */
import { createWebGpuDevice } from "../../src/engine";
import { groupDispatches } from "../../src/engine/dispatch-groups";
import { type TimedDispatch, timeDispatches } from "../../src/engine/gpu/timing";
import { commonProducts, type ProductRate, productRate } from "../../src/engine/profile";
import { freshTuning, openRadapt } from "./peers/radapt";
import type { StepProfile } from "./report";
import { median } from "./statistics";
import { type Network, tokensOf } from "./vit";

const REPETITIONS = 3;

/** Kind of kernel, for people: products by their operations, which tell tokens × tokens, rank and widths apart; others by operators. */
function kindOf(net: Network, { label, flops }: TimedDispatch): string {
  if (flops === 0) return label.split(" ")[0];
  const tokens = tokensOf(net);
  const perWidth = flops / (2 * net.batch * tokens * net.width);
  return perWidth === tokens ? "products of attention" : perWidth <= net.r ? "products of LoRA" : "products of layers";
}

function sharesOf(net: Network, dispatches: readonly TimedDispatch[]): StepProfile["shares"] {
  const total = dispatches.reduce((sum, d) => sum + d.us, 0);
  return groupDispatches(dispatches, (d) => kindOf(net, d))
    .slice(0, 12)
    .map(({ name, us, flops }) => ({ kind: name, share: us / total, gflops: flops > 0 ? flops / us / 1000 : null }));
}

export interface Profile {
  adapter: string;
  rates: ProductRate[];
  step: Omit<StepProfile, "size" | "batch">;
}

/** @throws RadaptError `gpu.no-timestamps` */
export async function profileStep(net: Network): Promise<Profile> {
  const timer = timeDispatches(navigator.gpu);
  const device = await createWebGpuDevice({ gpu: timer.gpu, tuning: freshTuning() });
  const runner = await openRadapt(device, net, "lora");
  await runner.run();
  const walls: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    await runner.run();
    walls.push(performance.now() - start);
  }
  timer.start();
  await runner.run();
  const dispatches = await timer.stop();
  runner.dispose();
  const rates: ProductRate[] = [];
  for (const shape of commonProducts) rates.push(await productRate(device, timer, shape));
  device.dispose();
  const flops = dispatches.reduce((sum, d) => sum + d.flops, 0);
  const step = { flops, dispatches: dispatches.length, ms: median(walls), shares: sharesOf(net, dispatches) };
  return { adapter: device.info.label, rates, step };
}
