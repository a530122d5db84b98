/** The precision–recall curve of one table row, pooled, with the prevalence that chance reaches. */
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { RunRecord } from "../../bench/record";
import { thresholdCurve } from "../../bench/thresholds";
import { metricValue } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { ChartFrame } from "./chart-frame";
import { seriesColour } from "./palette";
import { curveClasses, metricInput } from "./pool";
import { Tip } from "./tip";

export type PrRow = { class: string; threshold: number; recall: number; precision: number };

export function rows(records: readonly RunRecord[]): PrRow[] {
  const input = metricInput(records);
  return curveClasses(records).flatMap(({ index, name }) => {
    const { positives, negatives, points } = thresholdCurve(input, index);
    if (positives === 0 || negatives === 0) return [];
    return points.map((p) => ({
      class: name,
      threshold: p.threshold,
      recall: p.tp / positives,
      precision: p.tp / (p.tp + p.fp),
    }));
  });
}

/** Share of the drawn class among the pooled predictions. */
export function prevalence(records: readonly RunRecord[], index: number): number {
  const { truth } = metricInput(records);
  return Array.from(truth).filter((t) => t === index).length / Math.max(1, truth.length);
}

export function PrChart({ records }: { records: readonly RunRecord[] }) {
  const all = rows(records);
  const classes = curveClasses(records);
  const data = all.map((r) => ({ ...r, [`y${classes.findIndex((c) => c.name === r.class)}`]: r.precision }));
  return (
    <ChartFrame
      title="Precision–recall curve"
      caption={`${records.length} runs pooled. Dashed: prevalence${classes.length === 1 ? `, ${prevalence(records, classes[0].index).toFixed(2)}` : " of each class"}.`}
      rows={all}
      empty="No predictions with both classes yet."
      legend={classes.map((c, index) => ({ label: c.name, index }))}
    >
      <LineChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
        <CartesianGrid {...grid} />
        <XAxis {...unitAxis} dataKey="recall" label={axisLabel("Recall (sensitivity)")} />
        <YAxis {...unitAxis} width={52} label={sideLabel("Precision")} />
        {classes.map((c, i) => (
          <ReferenceLine
            key={c.name}
            y={prevalence(records, c.index)}
            stroke={classes.length === 1 ? "var(--r-dim)" : seriesColour(i)}
            strokeDasharray="5 4"
          />
        ))}
        <Tooltip
          content={({ active, payload }) => {
            const row = payload?.[0]?.payload as PrRow | undefined;
            return active && row ? (
              <Tip
                title={`Threshold ${metricValue(row.threshold)}`}
                lines={[
                  { label: "Precision", text: metricValue(row.precision) },
                  { label: "Recall", text: metricValue(row.recall) },
                ]}
              />
            ) : null;
          }}
        />
        {classes.map((c, i) => (
          <Line
            key={c.name}
            dataKey={`y${i}`}
            type="linear"
            stroke={seriesColour(i)}
            strokeWidth={2}
            dot={false}
            isAnimationActive={false}
          />
        ))}
      </LineChart>
    </ChartFrame>
  );
}
