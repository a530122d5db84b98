/** One line per method and amount of training data: the mean with its interval, single runs as faint dots. */
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, Tooltip, useXAxisScale, XAxis, YAxis } from "recharts";
import type { Metric } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { versusShots } from "../../bench/versus-shots";
import { axis, axisLabel, domainOf, grid, ticksOf, withInterval } from "./axis";
import { ChartFrame } from "./chart-frame";
import { Marker, seriesColour } from "./palette";
import { Tip } from "./tip";

export type MethodsRow = { series: string; data: string; mean: number; low: number; high: number; runs: number };

export interface MethodsOptions {
  metric: string;
  label: (series: string) => string;
}

/** Full data first, then shots falling; inside one amount in the order of the series. */
function points(records: readonly RunRecord[], { metric, label }: MethodsOptions) {
  const amount = (shots: number | null) => shots ?? Number.MAX_VALUE;
  return versusShots(records, metric)
    .filter((p) => p.n > 0)
    .map((p) => ({ ...p, series: label(p.series) }))
    .sort((a, b) => amount(b.shots) - amount(a.shots));
}

export function rows(records: readonly RunRecord[], options: MethodsOptions): MethodsRow[] {
  return points(records, options).map((p) => ({
    series: p.series,
    data: p.regimeLabel,
    mean: p.mean,
    low: p.low,
    high: p.high,
    runs: p.n,
  }));
}

interface MethodsChartProps extends Omit<MethodsOptions, "metric"> {
  records: readonly RunRecord[];
  metric: Metric;
  series: readonly string[];
  baseline: { value: number; label: string } | null;
  height?: number;
}

type Dot = MethodsRow & { x: number; y: number; values: number[] };

/** Where one amount of training data ends, and the line that carries its label. */
function groupsOf(dots: readonly Dot[]): { edges: number[]; middles: Set<number> } {
  const starts = dots.filter((d, i) => i === 0 || dots[i - 1].data !== d.data).map((d) => d.y);
  const middles = starts.map((start, i) => Math.floor((start + (starts[i + 1] ?? dots.length) - 1) / 2));
  return { edges: starts.slice(1).map((start) => start - 0.5), middles: new Set(middles) };
}

interface DotShapeProps {
  cx?: number;
  cy?: number;
  payload?: Dot;
}

/** Interval, single runs, mean. */
function DotShape({
  cx = 0,
  cy = 0,
  payload,
  series,
  domain: [low, high],
}: DotShapeProps & { series: readonly string[]; domain: [number, number] }) {
  const scale = useXAxisScale();
  if (!payload || !scale) return null;
  const index = series.indexOf(payload.series);
  const at = (value: number) => scale(Math.min(high, Math.max(low, value))) ?? cx;
  return (
    <g>
      {Number.isFinite(payload.low) && (
        <path
          d={`M${at(payload.low)} ${cy}H${at(payload.high)}M${at(payload.low)} ${cy - 3.5}v7M${at(payload.high)} ${cy - 3.5}v7`}
          stroke={seriesColour(index)}
          strokeWidth={1.6}
          fill="none"
        />
      )}
      {payload.values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: runs of one cell in a fixed order
        <circle key={i} cx={at(value)} cy={cy} r={3} fill={seriesColour(index)} fillOpacity={0.4} />
      ))}
      <Marker index={index} x={cx} y={cy} r={4.8} />
    </g>
  );
}

export function MethodsChart({ records, metric, label, series, baseline, height }: MethodsChartProps) {
  const all = points(records, { metric: metric.id, label });
  const dots: Dot[] = rows(records, { metric: metric.id, label }).map((row, i) => ({
    ...row,
    x: row.mean,
    y: i,
    values: all[i].runs.map((r) => r.value),
  }));
  const domain = domainOf(
    [...dots.flatMap((d) => [d.mean, d.low, d.high, ...d.values]), ...(baseline ? [baseline.value] : [])],
    metric.range,
  );
  const { edges, middles } = groupsOf(dots);
  return (
    <ChartFrame
      title={`${metric.label} by method`}
      caption={`Mean and 95 % interval; faint dots are single runs.${baseline ? ` Dashed: ${baseline.label}, ${baseline.value.toFixed(2)}.` : ""}`}
      rows={rows(records, { metric: metric.id, label })}
      height={height}
      empty="No finished run yet."
      legend={series.map((text, index) => ({ label: text, index }))}
    >
      <ScatterChart accessibilityLayer={false} margin={{ top: 6, right: 18, bottom: 16, left: 0 }}>
        <CartesianGrid {...grid} horizontal={false} />
        <XAxis
          {...axis}
          dataKey="x"
          type="number"
          domain={domain}
          ticks={ticksOf(domain)}
          allowDataOverflow
          label={axisLabel(metric.label)}
        />
        <YAxis
          {...axis}
          dataKey="y"
          type="number"
          reversed
          domain={[-0.5, dots.length - 0.5]}
          ticks={dots.map((d) => d.y)}
          interval={0}
          tickFormatter={(y: number) => (middles.has(y) ? dots[y].data : "")}
          width={56}
        />
        {edges.map((y) => (
          <ReferenceLine key={y} y={y} stroke="var(--r-line)" />
        ))}
        {baseline && <ReferenceLine x={baseline.value} stroke="var(--r-dim)" strokeDasharray="5 4" />}
        <Tooltip
          cursor={false}
          content={({ active, payload }) => {
            const dot = payload?.[0]?.payload as Dot | undefined;
            return active && dot ? (
              <Tip
                title={dot.data}
                lines={[
                  { label: dot.series, index: series.indexOf(dot.series), text: `${withInterval(dot)}, n ${dot.runs}` },
                ]}
              />
            ) : null;
          }}
        />
        <Scatter
          data={dots}
          isAnimationActive={false}
          shape={(props: DotShapeProps) => <DotShape {...props} series={series} domain={domain} />}
        />
      </ScatterChart>
    </ChartFrame>
  );
}
