/** A metric against the training images per class, full data at the right end: means as lines, intervals as bands. */
import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { Metric } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { versusShots } from "../../bench/versus-shots";
import { axis, axisLabel, domainOf, grid, sideLabel, ticksOf, withInterval } from "./axis";
import { ChartFrame } from "./chart-frame";
import { Marker, seriesColour } from "./palette";
import { Tip } from "./tip";

export type ShotsRow = {
  series: string;
  shots: string;
  /** Place on the axis: log2 of the shots; full data one and a half steps to the right of the most shots. */
  x: number;
  mean: number;
  low: number;
  high: number;
  runs: number;
};

export interface ShotsOptions {
  metric: string;
  /** Label of a series by its key. */
  label: (series: string) => string;
}

export function rows(records: readonly RunRecord[], { metric, label }: ShotsOptions): ShotsRow[] {
  const points = versusShots(records, metric).filter((p) => p.n > 0);
  const most = Math.max(1, ...points.map((p) => p.shots ?? 1));
  return points.map((p) => ({
    series: label(p.series),
    shots: p.shots === null ? "full" : String(p.shots),
    x: p.shots === null ? Math.log2(most) + 1.5 : Math.log2(p.shots),
    mean: p.mean,
    low: p.low,
    high: p.high,
    runs: p.n,
  }));
}

interface ShotsChartProps extends Omit<ShotsOptions, "metric"> {
  records: readonly RunRecord[];
  metric: Metric;
  /** Series labels in order of their colours. */
  series: readonly string[];
  baseline: number | null;
  height?: number;
}

interface Pivot {
  x: number;
  shots: string;
  [key: string]: number | string | [number, number] | undefined;
}

function pivot(all: readonly ShotsRow[], series: readonly string[]): Pivot[] {
  const at = new Map<number, Pivot>();
  for (const row of all) {
    const point = at.get(row.x) ?? { x: row.x, shots: row.shots };
    const i = series.indexOf(row.series);
    point[`m${i}`] = row.mean;
    if (Number.isFinite(row.low)) point[`b${i}`] = [row.low, row.high];
    at.set(row.x, point);
  }
  return [...at.values()].sort((a, b) => a.x - b.x);
}

export function ShotsChart({ records, metric, label, series, baseline, height }: ShotsChartProps) {
  const all = rows(records, { metric: metric.id, label });
  const data = pivot(all, series);
  const domain = domainOf(
    [...all.flatMap((r) => [r.mean, r.low, r.high]), ...(baseline === null ? [] : [baseline])],
    metric.range,
  );
  return (
    <ChartFrame
      title={`${metric.label} against training images`}
      caption="Mean over folds and seeds with its 95 % interval; full data at the right end."
      rows={data.length > 1 ? all : []}
      height={height}
      empty="Needs runs with at least two amounts of training data. Add shots to the plan."
      legend={series.map((text, index) => ({ label: text, index }))}
    >
      <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 18, bottom: 16, left: 0 }}>
        <CartesianGrid {...grid} vertical={false} />
        <XAxis
          {...axis}
          dataKey="x"
          type="number"
          domain={["dataMin", "dataMax"]}
          padding={{ left: 16, right: 16 }}
          ticks={data.map((p) => p.x)}
          interval={0}
          tickFormatter={(x: number) => data.find((p) => p.x === x)?.shots ?? ""}
          label={axisLabel("Training images per class")}
        />
        <YAxis
          {...axis}
          domain={domain}
          ticks={ticksOf(domain)}
          allowDataOverflow
          width={52}
          label={sideLabel(metric.label)}
        />
        {baseline !== null && <ReferenceLine y={baseline} stroke="var(--r-dim)" strokeDasharray="5 4" />}
        <Tooltip
          content={({ active, payload }) => {
            const point = payload?.[0]?.payload as Pivot | undefined;
            if (!active || !point) return null;
            const here = all.filter((r) => r.x === point.x);
            return (
              <Tip
                title={point.shots === "full" ? "Full data" : `${point.shots} per class`}
                lines={here.map((r) => ({
                  label: r.series,
                  index: series.indexOf(r.series),
                  text: `${withInterval(r)}, n ${r.runs}`,
                }))}
              />
            );
          }}
        />
        {series.map((text, i) => (
          <Area
            key={`band ${text}`}
            dataKey={`b${i}`}
            stroke="none"
            fill={seriesColour(i)}
            fillOpacity={0.13}
            connectNulls
            isAnimationActive={false}
            activeDot={false}
          />
        ))}
        {series.map((text, i) => (
          <Line
            key={text}
            dataKey={`m${i}`}
            stroke={seriesColour(i)}
            strokeWidth={2}
            connectNulls
            isAnimationActive={false}
            activeDot={false}
            dot={({ cx, cy, key }) =>
              Number.isFinite(cx) && Number.isFinite(cy) ? (
                <Marker key={key} index={i} x={cx} y={cy} />
              ) : (
                <g key={key} />
              )
            }
          />
        ))}
      </ComposedChart>
    </ChartFrame>
  );
}
