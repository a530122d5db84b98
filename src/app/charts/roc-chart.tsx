/** The ROC curve of one table row, from the pooled predictions of one repeat, with its band. */

import { CartesianGrid, ComposedChart, Tooltip, XAxis, YAxis } from "recharts";
import { thresholdCurve } from "../../bench/thresholds";
import { metricText } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { type CurvePoint, curveData, curveLines } from "./curve-lines";
import { defineChart } from "./define-chart";
import { diagonal } from "./diagonal";
import type { RowInput } from "./inputs";
import { curveClasses, metricInput, needsBothClasses, poolInWords } from "./pool";
import { Tip, type TipProps } from "./tip";
import { BAND_WORDS, hasBands, useBands } from "./use-bands";

/** `threshold` is null at the start of a curve, where no image counts as positive. */
type RocRow = { class: string; threshold: number | null; falsePositiveRate: number; truePositiveRate: number };

function RocTip({ active, payload }: TipProps<CurvePoint<RocRow>>) {
  const row = payload?.[0]?.payload;
  if (!active || row?.threshold === undefined) return null;
  return (
    <Tip
      title={row.threshold === null ? "Nothing positive" : `Threshold ${metricText(row.threshold)}`}
      lines={[
        { label: "Sensitivity", text: metricText(row.truePositiveRate ?? Number.NaN) },
        { label: "Specificity", text: metricText(1 - row.x) },
      ]}
    />
  );
}

function RocDrawing({ input, rows }: { input: RowInput; rows: readonly RocRow[] }) {
  const bands = useBands(input.records, "roc");
  const classes = curveClasses(input.records);
  const curves = classes.map(({ name }) => rows.filter((row) => row.class === name));
  const points = curves.map((own) => own.map((row) => ({ row, x: row.falsePositiveRate, y: row.truePositiveRate })));
  const data = curveData(points, bands);
  return (
    <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} />
      <XAxis {...unitAxis} dataKey="x" label={axisLabel("False positive rate (1 − specificity)")} />
      <YAxis {...unitAxis} width={52} label={sideLabel("Sensitivity")} />
      {diagonal}
      <Tooltip content={RocTip} />
      {curveLines(classes, bands)}
    </ComposedChart>
  );
}

export const rocChart = defineChart({
  id: "roc",
  place: "row",
  title: () => "ROC curve",
  caption(input) {
    const { records } = input;
    const names = curveClasses(records).map(({ name }) => name);
    const band = hasBands(records) ? ` ${BAND_WORDS}` : "";
    return `“${names.join("”, “")}” against the rest; ${poolInWords(input)}. Dashed: chance.${band}`;
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
