/**
 * The precision–recall curve of one table row, from the pooled predictions of one repeat, with its
 * band. The prevalence marks the precision of random decisions.
 */
import { CartesianGrid, ComposedChart, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import type { RunRecord } from "../../bench/record";
import { thresholdCurve } from "../../bench/thresholds";
import { metricText } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { type CurvePoint, curveData, curveLines } from "./curve-lines";
import { defineChart } from "./define-chart";
import type { RowInput } from "./inputs";
import { seriesColour } from "./palette";
import { curveClasses, metricInput, needsBothClasses, poolInWords, poolPredictions } from "./pool";
import { Tip, type TipProps } from "./tip";
import { BAND_WORDS, hasBands, useBands } from "./use-bands";

type PrRow = { class: string; threshold: number; recall: number; precision: number };

/** Share of the class among the pooled predictions, 0 to 1. */
export function prevalence(records: readonly RunRecord[], classIndex: number): number {
  const all = poolPredictions(records);
  return all.filter(({ truth }) => truth === classIndex).length / Math.max(1, all.length);
}

function PrTip({ active, payload }: TipProps<CurvePoint<PrRow>>) {
  const row = payload?.[0]?.payload;
  if (!active || row?.threshold === undefined) return null;
  return (
    <Tip
      title={`Threshold ${metricText(row.threshold)}`}
      lines={[
        { label: "Precision", text: metricText(row.precision ?? Number.NaN) },
        { label: "Recall", text: metricText(row.x) },
      ]}
    />
  );
}

function PrDrawing({ input: { records }, rows }: { input: RowInput; rows: readonly PrRow[] }) {
  const classes = curveClasses(records);
  const bands = useBands(records, "precision-recall");
  const curves = classes.map(({ name }) => rows.filter((row) => row.class === name));
  const data = curveData(
    curves.map((own) => own.map((row) => ({ row, x: row.recall, y: row.precision }))),
    bands,
  );
  return (
    <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} />
      <XAxis {...unitAxis} dataKey="x" label={axisLabel("Recall (sensitivity)")} />
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
      {curveLines(classes, bands)}
    </ComposedChart>
  );
}

export const prChart = defineChart({
  id: "precision-recall",
  place: "row",
  title: () => "Precision–recall curve",
  caption(input) {
    const { records } = input;
    const classes = curveClasses(records);
    const dashed = classes.length === 1 ? `, ${prevalence(records, classes[0].index).toFixed(2)}` : " of each class";
    const band = hasBands(records) ? ` ${BAND_WORDS}` : "";
    return `${poolInWords(input)}. Dashed: prevalence${dashed}.${band}`;
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
