/**
 * A metric against training images per class: means as lines, intervals as bands, full data at the
 * right end.
 */
import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import { partsInWords } from "../../bench/split-words";
import { versusShots } from "../../bench/versus-shots";
import { axis, axisLabel, domainOf, grid, sideLabel, ticksOf, withInterval } from "./axis";
import { defineChart } from "./define-chart";
import type { ComparisonInput } from "./inputs";
import { markerDot, seriesColour } from "./palette";
import { Tip, type TipProps } from "./tip";

type ShotsRow = {
  series: string;
  /** Training images per class, or "full". */
  shots: string;
  /**
   * Position on the axis: log2 of the shots. Full data stands 1.5 to the right of the largest
   * shots.
   */
  x: number;
  mean: number;
  low: number;
  high: number;
  runs: number;
};

/**
 * All series at one position of the axis: `m0`, `m1` … are their means, `b0`, `b1` … their
 * intervals.
 */
interface PlacePoint {
  x: number;
  shots: string;
  [key: string]: number | string | [number, number] | undefined;
}

const shotsPoints = ({ records, metric }: ComparisonInput) => versusShots(records, metric.id).filter(({ n }) => n > 0);

function pivot(rows: readonly ShotsRow[], series: readonly string[]): PlacePoint[] {
  const at = new Map<number, PlacePoint>();
  for (const row of rows) {
    const point = at.get(row.x) ?? { x: row.x, shots: row.shots };
    const i = series.indexOf(row.series);
    point[`m${i}`] = row.mean;
    if (Number.isFinite(row.low)) point[`b${i}`] = [row.low, row.high];
    at.set(row.x, point);
  }
  return [...at.values()].sort((a, b) => a.x - b.x);
}

interface ShotsTipProps extends TipProps<PlacePoint> {
  rows: readonly ShotsRow[];
  series: readonly string[];
}

function ShotsTip({ rows, series, active, payload }: ShotsTipProps) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  const lines = rows
    .filter(({ x }) => x === point.x)
    .map((row) => ({
      label: row.series,
      index: series.indexOf(row.series),
      text: `${withInterval(row)}, n ${row.runs}`,
    }));
  return <Tip title={point.shots === "full" ? "Full data" : `${point.shots} per class`} lines={lines} />;
}

function ShotsDrawing({ input, rows }: { input: ComparisonInput; rows: readonly ShotsRow[] }) {
  const { metric, series, baseline } = input;
  const data = pivot(rows, series);
  const values = rows.flatMap(({ mean, low, high }) => [mean, low, high]);
  const domain = domainOf(baseline ? [...values, baseline.value] : values, metric.range);
  return (
    <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 18, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} vertical={false} />
      <XAxis
        {...axis}
        dataKey="x"
        type="number"
        domain={["dataMin", "dataMax"]}
        padding={{ left: 16, right: 16 }}
        ticks={data.map(({ x }) => x)}
        interval={0}
        tickFormatter={(x: number) => data.find((point) => point.x === x)?.shots ?? ""}
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
      {baseline && <ReferenceLine y={baseline.value} stroke="var(--r-dim)" strokeDasharray="5 4" />}
      <Tooltip content={<ShotsTip rows={rows} series={series} />} />
      {series.map((label, i) => (
        <Area
          key={`band ${label}`}
          dataKey={`b${i}`}
          stroke="none"
          fill={seriesColour(i)}
          fillOpacity={0.13}
          connectNulls
          isAnimationActive={false}
          activeDot={false}
        />
      ))}
      {series.map((label, i) => (
        <Line
          key={label}
          dataKey={`m${i}`}
          stroke={seriesColour(i)}
          strokeWidth={2}
          connectNulls
          isAnimationActive={false}
          activeDot={false}
          dot={markerDot(i)}
        />
      ))}
    </ComposedChart>
  );
}

export const shotsChart = defineChart({
  id: "shots",
  place: "comparison",
  title: ({ metric }) => `${metric.label} against training images`,
  caption: ({ records }) =>
    `Mean over ${partsInWords(records)} and seeds with its 95 % interval; full data at the right end.`,
  height: ({ height }) => height,
  legend: ({ series }) => series.map((label, index) => ({ label, index })),
  needs(input) {
    const amounts = new Set(shotsPoints(input).map(({ shots }) => shots));
    return amounts.size > 1 || "Needs runs with at least two amounts of training data. Add shots to the plan.";
  },
  rows(input): ShotsRow[] {
    const points = shotsPoints(input);
    const maxShots = Math.max(1, ...points.map(({ shots }) => shots ?? 1));
    return points.map(({ series, shots, mean, low, high, n }) => ({
      series: input.label(series),
      shots: shots === null ? "full" : String(shots),
      x: shots === null ? Math.log2(maxShots) + 1.5 : Math.log2(shots),
      mean,
      low,
      high,
      runs: n,
    }));
  },
  Drawing: ShotsDrawing,
});
