/** Shared settings of axes, grid and tooltip. */
import { metricText, plainText } from "../ui/format";

export const axis = {
  stroke: "var(--r-line-strong)",
  tick: { fill: "var(--r-dim)", fontSize: 11 },
  tickLine: false,
  tickFormatter: plainText,
} as const;

/** An axis from 0 to 1: rates and probabilities. */
export const unitAxis = { ...axis, type: "number" as const, domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1] };

export const grid = { stroke: "var(--r-line)", strokeDasharray: "2 3" } as const;

export const axisLabel = (value: string) =>
  ({ value, position: "insideBottom", offset: -4, fill: "var(--r-dim)", fontSize: 11 }) as const;

export const sideLabel = (value: string) =>
  ({
    value,
    angle: -90,
    position: "insideLeft",
    offset: 12,
    fill: "var(--r-dim)",
    fontSize: 11,
    style: { textAnchor: "middle" },
  }) as const;

/** Bounds on multiples of 0.1 that enclose the values and stay inside the metric's range. */
export function domainOf(values: readonly number[], range: readonly [number, number]): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [Math.max(0, range[0]), Number.isFinite(range[1]) ? range[1] : 1];
  const step = 0.1;
  const low = Math.floor(Math.min(...finite) / step + 1e-9) * step;
  const high = Math.ceil(Math.max(...finite) / step - 1e-9) * step;
  const round = (v: number) => Math.round(v * 10) / 10;
  return [round(Math.max(range[0], low)), round(Math.min(range[1], high))];
}

/** Ticks at multiples of a round step between the bounds. */
export function ticksOf([low, high]: [number, number]): number[] {
  const step = high - low > 1 ? 0.25 : high - low > 0.5 ? 0.2 : 0.1;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9; k++) ticks.push(Math.round(k * step * 100) / 100);
  return ticks;
}

/** "0.512 (0.410 to 0.614)", or the mean alone if there is no interval. */
export function withInterval({ mean, low, high }: { mean: number; low: number; high: number }): string {
  return Number.isFinite(low) ? `${metricText(mean)} (${metricText(low)} to ${metricText(high)})` : metricText(mean);
}
