/** Loss and validation MCC of a run, by epoch, or by iteration if a solver fits the head. */
import { CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from "recharts";
import { metricText } from "../ui/format";
import { axis, axisLabel, grid } from "./axis";
import { defineChart } from "./define-chart";
import type { RunInput } from "./inputs";
import { markerDot, seriesColour } from "./palette";
import { Tip, type TipProps } from "./tip";

/** Null where a value is undefined or not finite. */
type CurveRow = { epoch: number; trainLoss: number | null; valLoss: number | null; valMcc: number | null };

const series = [
  { key: "trainLoss", label: "Training loss", axisId: "loss" },
  { key: "valLoss", label: "Validation loss", axisId: "loss" },
  { key: "valMcc", label: "Validation MCC (right)", axisId: "mcc" },
] as const;

/** A longer curve has no markers, since they would hide the line. */
const MAX_MARKERS = 40;

const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);

function CurveTip({ unit, active, payload }: TipProps<CurveRow> & Pick<RunInput, "unit">) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  const lines = series.map(({ key, label }, index) => ({ label, index, text: metricText(row[key]) }));
  return <Tip title={`${unit} ${row.epoch}`} lines={lines} />;
}

function CurveDrawing({ input: { unit }, rows }: { input: RunInput; rows: readonly CurveRow[] }) {
  return (
    <ComposedChart data={[...rows]} accessibilityLayer={false} margin={{ top: 6, right: 0, bottom: 14, left: -14 }}>
      <CartesianGrid {...grid} vertical={false} yAxisId="loss" />
      <XAxis
        {...axis}
        dataKey="epoch"
        type="number"
        domain={["dataMin", "dataMax"]}
        allowDecimals={false}
        label={axisLabel(unit)}
      />
      <YAxis {...axis} yAxisId="loss" domain={[0, "auto"]} tickFormatter={(v: number) => metricText(v, 2)} width={58} />
      <YAxis {...axis} yAxisId="mcc" orientation="right" domain={[-0.2, 1]} ticks={[0, 0.5, 1]} width={34} />
      <Tooltip content={<CurveTip unit={unit} />} />
      {series.map(({ key, axisId }, index) => (
        <Line
          key={key}
          yAxisId={axisId}
          dataKey={key}
          stroke={seriesColour(index)}
          strokeWidth={1.75}
          isAnimationActive={false}
          dot={rows.length <= MAX_MARKERS && markerDot(index, 2.6)}
        />
      ))}
    </ComposedChart>
  );
}

export const trainingChart = defineChart({
  id: "training",
  place: "run",
  title: () => "Training of this run",
  caption: ({ caption }) => caption,
  height: () => 190,
  legend: () => series.map(({ label }, index) => ({ label, index })),
  needs: ({ curve }) => curve.length > 0 || "The first epoch is under way.",
  rows: ({ curve }): CurveRow[] =>
    curve.map((point) => ({
      epoch: point.epoch,
      trainLoss: finite(point.trainLoss),
      valLoss: finite(point.valLoss),
      valMcc: finite(point.valMcc),
    })),
  Drawing: CurveDrawing,
});
