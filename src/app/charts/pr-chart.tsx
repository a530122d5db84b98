/**
 * The precision–recall curve of one table row from pooled predictions. The prevalence marks what
 * chance reaches.
 */
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { RunRecord } from "../../bench/record";
import { thresholdCurve } from "../../bench/thresholds";
import { metricText } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { defineChart } from "./define-chart";
import type { RowInput } from "./inputs";
import { seriesColour } from "./palette";
import { curveClasses, metricInput, needsBothClasses, poolPredictions } from "./pool";
import { Tip, type TipProps } from "./tip";

type PrRow = { class: string; threshold: number; recall: number; precision: number };

/** Share of the class among the pooled predictions, 0 to 1. */
export function prevalence(records: readonly RunRecord[], classIndex: number): number {
  const all = poolPredictions(records);
  return all.filter(({ truth }) => truth === classIndex).length / Math.max(1, all.length);
}

function PrTip({ active, payload }: TipProps<PrRow>) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  return (
    <Tip
      title={`Threshold ${metricText(row.threshold)}`}
      lines={[
        { label: "Precision", text: metricText(row.precision) },
        { label: "Recall", text: metricText(row.recall) },
      ]}
    />
  );
}

function PrDrawing({ input: { records }, rows }: { input: RowInput; rows: readonly PrRow[] }) {
  const classes = curveClasses(records);
  const data = rows.map((row) => ({ ...row, [`y${classes.findIndex((c) => c.name === row.class)}`]: row.precision }));
  return (
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
      <Tooltip content={PrTip} />
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
  );
}

export const prChart = defineChart({
  id: "precision-recall",
  place: "row",
  title: () => "Precision–recall curve",
  caption({ records }) {
    const classes = curveClasses(records);
    const dashed = classes.length === 1 ? `, ${prevalence(records, classes[0].index).toFixed(2)}` : " of each class";
    return `${records.length} runs pooled. Dashed: prevalence${dashed}.`;
  },
  legend: ({ records }) => curveClasses(records).map(({ name }, index) => ({ label: name, index })),
  needs: ({ records }) => needsBothClasses(records),
  rows({ records }): PrRow[] {
    const predictions = metricInput(records);
    return curveClasses(records).flatMap(({ index, name }) => {
      const { positives, negatives, points } = thresholdCurve(predictions, index);
      if (positives === 0 || negatives === 0) return [];
      return points.map(({ threshold, tp, fp }) => ({
        class: name,
        threshold,
        recall: tp / positives,
        precision: tp / (tp + fp),
      }));
    });
  },
  Drawing: PrDrawing,
});
