/** The ROC curve of one table row, predictions pooled over its folds and seeds. */
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { RunRecord } from "../../bench/record";
import { thresholdCurve } from "../../bench/thresholds";
import { metricValue } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { ChartFrame } from "./chart-frame";
import { seriesColour } from "./palette";
import { curveClasses, metricInput } from "./pool";
import { Tip } from "./tip";

export type RocRow = { class: string; threshold: number | null; falsePositiveRate: number; truePositiveRate: number };

export function rows(records: readonly RunRecord[]): RocRow[] {
  const input = metricInput(records);
  return curveClasses(records).flatMap(({ index, name }) => {
    const { positives, negatives, points } = thresholdCurve(input, index);
    if (positives === 0 || negatives === 0) return [];
    const start: RocRow = { class: name, threshold: null, falsePositiveRate: 0, truePositiveRate: 0 };
    return [
      start,
      ...points.map((p) => ({
        class: name,
        threshold: p.threshold,
        falsePositiveRate: p.fp / negatives,
        truePositiveRate: p.tp / positives,
      })),
    ];
  });
}

export function RocChart({ records }: { records: readonly RunRecord[] }) {
  const all = rows(records);
  const classes = curveClasses(records).map((c) => c.name);
  const data = all.map((r) => ({ ...r, [`y${classes.indexOf(r.class)}`]: r.truePositiveRate }));
  return (
    <ChartFrame
      title="ROC curve"
      caption={`“${classes.join("”, “")}” against the rest, ${records.length} runs pooled. Dashed: chance.`}
      rows={all}
      empty="No predictions with both classes yet."
      legend={classes.map((label, index) => ({ label, index }))}
    >
      <LineChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
        <CartesianGrid {...grid} />
        <XAxis {...unitAxis} dataKey="falsePositiveRate" label={axisLabel("False positive rate (1 − specificity)")} />
        <YAxis {...unitAxis} width={52} label={sideLabel("Sensitivity")} />
        <ReferenceLine
          segment={[
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ]}
          stroke="var(--r-dim)"
          strokeDasharray="5 4"
        />
        <Tooltip
          content={({ active, payload }) => {
            const row = payload?.[0]?.payload as RocRow | undefined;
            return active && row ? (
              <Tip
                title={row.threshold === null ? "Nothing positive" : `Threshold ${metricValue(row.threshold)}`}
                lines={[
                  { label: "Sensitivity", text: metricValue(row.truePositiveRate) },
                  { label: "Specificity", text: metricValue(1 - row.falsePositiveRate) },
                ]}
              />
            ) : null;
          }}
        />
        {classes.map((name, i) => (
          <Line
            key={name}
            dataKey={`y${i}`}
            stroke={seriesColour(i)}
            strokeWidth={2}
            dot={false}
            isAnimationActive={false}
            connectNulls={false}
          />
        ))}
      </LineChart>
    </ChartFrame>
  );
}
