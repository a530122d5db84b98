/**
 * One line per method and amount of training data: the mean with its interval, and single runs as
 * faint dots.
 */
import { CartesianGrid, ReferenceLine, Scatter, ScatterChart, Tooltip, useXAxisScale, XAxis, YAxis } from "recharts";
import { versusShots } from "../../bench/versus-shots";
import { axis, axisLabel, domainOf, grid, ticksOf, withInterval } from "./axis";
import { defineChart } from "./define-chart";
import type { ComparisonInput } from "./inputs";
import { Marker, seriesColour } from "./palette";
import { Tip, type TipProps } from "./tip";

type MethodsRow = { series: string; data: string; mean: number; low: number; high: number; runs: number };

/**
 * One line of the drawing. `x` is the mean, `y` the number of the line from the top, and `values`
 * the metric of each run.
 */
type Dot = MethodsRow & { x: number; y: number; values: number[] };

/**
 * Full data comes first, then fewer and fewer shots. Within one amount of data the series keep
 * their order.
 */
function methodPoints({ records, metric, label }: ComparisonInput) {
  const amount = (shots: number | null) => shots ?? Number.MAX_VALUE;
  return versusShots(records, metric.id)
    .filter(({ n }) => n > 0)
    .map((point) => ({ ...point, series: label(point.series) }))
    .sort((a, b) => amount(b.shots) - amount(a.shots));
}

function dotsOf(input: ComparisonInput, rows: readonly MethodsRow[]): Dot[] {
  const points = methodPoints(input);
  return rows.map((row, y) => ({ ...row, x: row.mean, y, values: points[y].runs.map(({ value }) => value) }));
}

/**
 * `edges` separate the amounts of training data. `middles` are the lines that carry the label of
 * their amount.
 */
function bandsOf(dots: readonly Dot[]): { edges: number[]; middles: Set<number> } {
  const starts = dots.filter((dot, i) => i === 0 || dots[i - 1].data !== dot.data).map(({ y }) => y);
  const middles = starts.map((start, i) => Math.floor((start + (starts[i + 1] ?? dots.length) - 1) / 2));
  return { edges: starts.slice(1).map((start) => start - 0.5), middles: new Set(middles) };
}

interface DotShapeProps {
  /** Position of the mean, px. */
  cx?: number;
  cy?: number;
  payload?: Dot;
  series: readonly string[];
  /** Bounds of the axis. Values outside are drawn at its end. */
  domain: [number, number];
}

/** Draws the interval, the single runs and the mean of one line. */
function DotShape({ cx = 0, cy = 0, payload: dot, series, domain: [min, max] }: DotShapeProps) {
  const scale = useXAxisScale();
  if (!dot || !scale) return null;
  const index = series.indexOf(dot.series);
  const at = (value: number) => scale(Math.min(max, Math.max(min, value))) ?? cx;
  const [left, right] = [at(dot.low), at(dot.high)];
  return (
    <g>
      {Number.isFinite(dot.low) && (
        <path
          d={`M${left} ${cy}H${right}M${left} ${cy - 3.5}v7M${right} ${cy - 3.5}v7`}
          stroke={seriesColour(index)}
          strokeWidth={1.6}
          fill="none"
        />
      )}
      {dot.values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the runs of a group have a fixed order
        <circle key={i} cx={at(value)} cy={cy} r={3} fill={seriesColour(index)} fillOpacity={0.4} />
      ))}
      <Marker index={index} x={cx} y={cy} r={4.8} />
    </g>
  );
}

function MethodsTip({ series, active, payload }: TipProps<Dot> & Pick<ComparisonInput, "series">) {
  const dot = payload?.[0]?.payload;
  if (!active || !dot) return null;
  const text = `${withInterval(dot)}, n ${dot.runs}`;
  return <Tip title={dot.data} lines={[{ label: dot.series, index: series.indexOf(dot.series), text }]} />;
}

function MethodsDrawing({ input, rows }: { input: ComparisonInput; rows: readonly MethodsRow[] }) {
  const { metric, series, baseline } = input;
  const dots = dotsOf(input, rows);
  const values = dots.flatMap((dot) => [dot.mean, dot.low, dot.high, ...dot.values]);
  const domain = domainOf(baseline ? [...values, baseline.value] : values, metric.range);
  const { edges, middles } = bandsOf(dots);
  return (
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
        ticks={dots.map(({ y }) => y)}
        interval={0}
        tickFormatter={(y: number) => (middles.has(y) ? dots[y].data : "")}
        width={56}
      />
      {edges.map((y) => (
        <ReferenceLine key={y} y={y} stroke="var(--r-line)" />
      ))}
      {baseline && <ReferenceLine x={baseline.value} stroke="var(--r-dim)" strokeDasharray="5 4" />}
      <Tooltip cursor={false} content={<MethodsTip series={series} />} />
      <Scatter
        data={dots}
        isAnimationActive={false}
        shape={(props: Omit<DotShapeProps, "series" | "domain">) => (
          <DotShape {...props} series={series} domain={domain} />
        )}
      />
    </ScatterChart>
  );
}

export const methodsChart = defineChart({
  id: "methods",
  place: "comparison",
  title: ({ metric }) => `${metric.label} by method`,
  caption({ baseline }) {
    const dashed = baseline ? ` Dashed: ${baseline.label}, ${baseline.value.toFixed(2)}.` : "";
    return `Mean and 95 % interval; faint dots are single runs.${dashed}`;
  },
  height: ({ height }) => height,
  legend: ({ series }) => series.map((label, index) => ({ label, index })),
  needs: (input) => methodPoints(input).length > 0 || "No finished run yet.",
  rows: (input): MethodsRow[] =>
    methodPoints(input).map(({ series, regimeLabel, mean, low, high, n }) => ({
      series,
      data: regimeLabel,
      mean,
      low,
      high,
      runs: n,
    })),
  Drawing: MethodsDrawing,
});
