/** The ROC curve of one table row. It pools the predictions of all parts and seeds. */
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import { thresholdCurve } from "../../bench/thresholds";
import { metricText } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { defineChart } from "./define-chart";
import type { RowInput } from "./inputs";
import { seriesColour } from "./palette";
import { curveClasses, metricInput, needsBothClasses } from "./pool";
import { Tip, type TipProps } from "./tip";

/** `threshold` is null at the start of a curve, where no image counts as positive. */
type RocRow = { class: string; threshold: number | null; falsePositiveRate: number; truePositiveRate: number };

function RocTip({ active, payload }: TipProps<RocRow>) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  return (
    <Tip
      title={row.threshold === null ? "Nothing positive" : `Threshold ${metricText(row.threshold)}`}
      lines={[
        { label: "Sensitivity", text: metricText(row.truePositiveRate) },
        { label: "Specificity", text: metricText(1 - row.falsePositiveRate) },
      ]}
    />
  );
}

function RocDrawing({ input, rows }: { input: RowInput; rows: readonly RocRow[] }) {
  const classes = curveClasses(input.records).map(({ name }) => name);
  const data = rows.map((row) => ({ ...row, [`y${classes.indexOf(row.class)}`]: row.truePositiveRate }));
  return (
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
      <Tooltip content={RocTip} />
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
  );
}

export const rocChart = defineChart({
  id: "roc",
  place: "row",
  title: () => "ROC curve",
  caption({ records }) {
    const names = curveClasses(records).map(({ name }) => name);
    return `“${names.join("”, “")}” against the rest, ${records.length} runs pooled. Dashed: chance.`;
  },
  legend: ({ records }) => curveClasses(records).map(({ name }, index) => ({ label: name, index })),
  needs: ({ records }) => needsBothClasses(records),
  rows({ records }): RocRow[] {
    const predictions = metricInput(records);
    return curveClasses(records).flatMap(({ index, name }) => {
      const { positives, negatives, points } = thresholdCurve(predictions, index);
      if (positives === 0 || negatives === 0) return [];
      const start: RocRow = { class: name, threshold: null, falsePositiveRate: 0, truePositiveRate: 0 };
      const curve = points.map(({ threshold, fp, tp }) => ({
        class: name,
        threshold,
        falsePositiveRate: fp / negatives,
        truePositiveRate: tp / positives,
      }));
      return [start, ...curve];
    });
  },
  Drawing: RocDrawing,
});
