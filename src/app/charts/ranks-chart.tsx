/**
 * Critical-difference diagram: the mean rank of each method over backbones (or the reverse) with
 * half the critical difference to both sides. Two whose bars do not overlap differ (Demšar 2006).
 */
import { CartesianGrid, Scatter, ScatterChart, useXAxisScale, XAxis, YAxis } from "recharts";
import { axis, axisLabel, grid } from "./axis";
import { defineChart } from "./define-chart";

type RanksRow = { name: string; meanRank: number; low: number; high: number };
type RankDot = RanksRow & { y: number };

function RankShape({ cx = 0, cy = 0, payload: dot }: { cx?: number; cy?: number; payload?: RankDot }) {
  const scale = useXAxisScale();
  if (!dot || !scale) return null;
  const [left, right] = [scale(dot.low) ?? cx, scale(dot.high) ?? cx];
  return (
    <g>
      <path d={`M${left} ${cy}H${right}`} stroke="var(--r-s1)" strokeWidth={4} strokeOpacity={0.45} fill="none" />
      <circle cx={cx} cy={cy} r={4.5} fill="var(--r-s1)" />
    </g>
  );
}

const shortName = (name: string) => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

function RanksDrawing({ rows }: { rows: readonly RanksRow[] }) {
  const dots = rows.map((row, y): RankDot => ({ ...row, y }));
  const domain = [Math.min(1, ...rows.map(({ low }) => low)), Math.max(rows.length, ...rows.map(({ high }) => high))];
  return (
    <ScatterChart accessibilityLayer={false} margin={{ top: 6, right: 18, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} horizontal={false} />
      <XAxis
        {...axis}
        dataKey="meanRank"
        type="number"
        domain={domain}
        ticks={rows.map((_, i) => i + 1)}
        label={axisLabel("Mean rank, 1 is best")}
      />
      <YAxis
        {...axis}
        dataKey="y"
        type="number"
        reversed
        domain={[-0.5, dots.length - 0.5]}
        ticks={dots.map(({ y }) => y)}
        interval={0}
        tickFormatter={(y: number) => shortName(dots[y].name)}
        width={150}
      />
      <Scatter
        data={dots}
        isAnimationActive={false}
        shape={(props: { cx?: number; cy?: number; payload?: RankDot }) => <RankShape {...props} />}
      />
    </ScatterChart>
  );
}

export const ranksChart = defineChart({
  id: "ranks",
  place: "ranks",
  title: ({ title }) => title,
  caption: ({ ranks }) =>
    `Mean ranks over ${ranks?.blocks ?? 0} blocks. Two whose bars do not overlap differ by more than the critical ` +
    `difference of ${(ranks?.criticalDifference ?? 0).toFixed(2)} (Nemenyi).`,
  height: ({ treatments }) => 70 + 26 * treatments.length,
  needs: ({ ranks }) => ranks !== null || "Friedman's test needs at least five blocks and three to compare.",
  rows: ({ treatments, ranks }): RanksRow[] =>
    treatments.map(({ name }, j) => {
      const [meanRank, half] = [ranks!.meanRanks[j], ranks!.criticalDifference / 2];
      return { name, meanRank, low: meanRank - half, high: meanRank + half };
    }),
  Drawing: RanksDrawing,
});
