/**
 * The decision curve of one table row: what acting on the model's probabilities gains over treating
 * everybody or nobody, for each risk from which one would act.
 */
import { CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from "recharts";
import { decisionCurve } from "../../bench/probabilities/decision-curve";
import type { RunRecord } from "../../bench/record";
import { metricText, percent } from "../ui/format";
import { axis, axisLabel, domainOf, grid, sideLabel, ticksOf, unitAxis } from "./axis";
import { defineChart } from "./define-chart";
import type { RowInput } from "./inputs";
import { seriesColour } from "./palette";
import { needsBothClasses } from "./pool";
import { needsProbabilities, pooledImagesInWords, probabilitySeries, seriesProbabilities } from "./probabilities";
import { Tip, type TipProps } from "./tip";

/** Net benefits in units of true positives per image; `calibrated` is null without calibration. */
type DecisionRow = {
  threshold: number;
  model: number;
  calibrated: number | null;
  everybody: number;
  nobody: number;
};

/** Net benefits below this are cut off: what harms needs no exact number. */
const LOWEST_BENEFIT = -0.1;

const THRESHOLDS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

const lines = [
  { key: "model", label: "Model" },
  { key: "calibrated", label: "Model, calibrated" },
  { key: "everybody", label: "Treat everybody" },
  { key: "nobody", label: "Treat nobody" },
] as const;

/** The lines that the records have, each with the index of its colour. */
const linesOf = (records: readonly RunRecord[]) =>
  lines
    .map((line, index) => ({ ...line, index }))
    .filter(({ key }) => key !== "calibrated" || Boolean(seriesProbabilities(records).result?.after.result));

function DecisionTip({ active, payload }: TipProps<DecisionRow>) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  const shown = lines.filter(({ key }) => row[key] !== null);
  return (
    <Tip
      title={`Acting from a risk of ${percent(row.threshold)}`}
      lines={shown.map(({ key, label }) => ({ label, text: metricText(row[key]) }))}
    />
  );
}

function DecisionDrawing({ input: { imageRecords }, rows }: { input: RowInput; rows: readonly DecisionRow[] }) {
  const values = rows.flatMap(({ model, calibrated, everybody }) => [model, calibrated ?? 0, everybody]);
  const domain = domainOf([LOWEST_BENEFIT, Math.max(...values)], [-1, 1]);
  return (
    <LineChart data={[...rows]} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} />
      <XAxis {...unitAxis} dataKey="threshold" label={axisLabel("Risk from which one would act")} />
      <YAxis
        {...axis}
        type="number"
        width={52}
        domain={domain}
        ticks={ticksOf(domain)}
        allowDataOverflow
        label={sideLabel("Net benefit")}
      />
      <Tooltip content={DecisionTip} />
      {linesOf(imageRecords).map(({ key, index }) => (
        <Line
          key={key}
          dataKey={key}
          type="linear"
          stroke={key === "everybody" || key === "nobody" ? "var(--r-dim)" : seriesColour(index)}
          strokeWidth={key === "everybody" || key === "nobody" ? 1.5 : 2}
          strokeDasharray={key === "everybody" ? "5 4" : undefined}
          dot={false}
          isAnimationActive={false}
        />
      ))}
    </LineChart>
  );
}

export const decisionCurveChart = defineChart({
  id: "decision-curve",
  place: "row",
  title: () => "Decision curve: would acting on it help?",
  caption: ({ imageRecords, poolLabel }) =>
    `${pooledImagesInWords(imageRecords, poolLabel)}. Net benefit: right treatments per image, less needless ones; who acts from ` +
    "a risk of 20 % weighs four needless ones like one right one. The model helps where it lies above both: treat " +
    "everybody (dashed) and treat nobody (0). Without intervals.",
  legend: ({ imageRecords }) =>
    linesOf(imageRecords)
      .filter(({ key }) => key === "model" || key === "calibrated")
      .map(({ label, index }) => ({ label, index })),
  needs({ imageRecords }) {
    if (imageRecords[0]?.dataset.classes.length !== 2) return "A decision curve needs an outcome with two classes.";
    const both = needsBothClasses(imageRecords);
    return both === true ? needsProbabilities(imageRecords) : both;
  },
  rows({ imageRecords }): DecisionRow[] {
    const { result } = seriesProbabilities(imageRecords);
    if (!result) return [];
    const [model, calibrated] = probabilitySeries(result).map((series) => decisionCurve(series, THRESHOLDS));
    return model.map((point, i) => ({
      threshold: point.threshold,
      model: point.model,
      calibrated: calibrated?.[i].model ?? null,
      everybody: point.all,
      nobody: point.none,
    }));
  },
  Drawing: DecisionDrawing,
});
