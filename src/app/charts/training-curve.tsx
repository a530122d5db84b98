/** Loss and validation MCC of a run, epoch by epoch, or iteration by iteration where a head was solved for. */
import { CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from "recharts";
import type { EpochPoint } from "../../bench/record";
import { metricValue } from "../ui/format";
import { axis, axisLabel, grid } from "./axis";
import { ChartFrame } from "./chart-frame";
import { Marker } from "./palette";
import { Tip } from "./tip";

export type CurveRow = { epoch: number; trainLoss: number | null; valLoss: number | null; valMcc: number | null };

const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);

export function rows(curve: readonly EpochPoint[]): CurveRow[] {
  return curve.map((p) => ({
    epoch: p.epoch,
    trainLoss: finite(p.trainLoss),
    valLoss: finite(p.valLoss),
    valMcc: finite(p.valMcc),
  }));
}

const series = [
  { key: "trainLoss", label: "Training loss", axisId: "loss" },
  { key: "valLoss", label: "Validation loss", axisId: "loss" },
  { key: "valMcc", label: "Validation MCC (right)", axisId: "mcc" },
] as const;

export function TrainingCurve({
  curve,
  caption,
  unit = "Epoch",
  height = 190,
}: {
  curve: readonly EpochPoint[];
  caption: string;
  /** What the curve counts. */
  unit?: "Epoch" | "Iteration";
  height?: number;
}) {
  const data = rows(curve);
  return (
    <ChartFrame
      title="Training of this run"
      caption={caption}
      rows={data}
      height={height}
      empty="The first epoch is under way."
      legend={series.map((s, index) => ({ label: s.label, index }))}
    >
      <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 6, right: 0, bottom: 14, left: -14 }}>
        <CartesianGrid {...grid} vertical={false} />
        <XAxis
          {...axis}
          dataKey="epoch"
          type="number"
          domain={["dataMin", "dataMax"]}
          allowDecimals={false}
          label={axisLabel(unit)}
        />
        <YAxis
          {...axis}
          yAxisId="loss"
          domain={[0, "auto"]}
          tickFormatter={(v: number) => metricValue(v, 2)}
          width={58}
        />
        <YAxis {...axis} yAxisId="mcc" orientation="right" domain={[-0.2, 1]} ticks={[0, 0.5, 1]} width={34} />
        <Tooltip
          content={({ active, payload, label }) =>
            active && payload?.length ? (
              <Tip
                title={`${unit} ${label}`}
                lines={series.map((s, index) => ({
                  label: s.label,
                  index,
                  text: metricValue((payload[0].payload as CurveRow)[s.key]),
                }))}
              />
            ) : null
          }
        />
        {series.map((s, index) => (
          <Line
            key={s.key}
            yAxisId={s.axisId}
            dataKey={s.key}
            stroke={`var(--r-s${index + 1})`}
            strokeWidth={1.75}
            isAnimationActive={false}
            dot={
              data.length > 40
                ? false
                : ({ cx, cy, key }) =>
                    Number.isFinite(cx) && Number.isFinite(cy) ? (
                      <Marker key={key} index={index} x={cx} y={cy} r={2.6} />
                    ) : (
                      <g key={key} />
                    )
            }
          />
        ))}
      </ComposedChart>
    </ChartFrame>
  );
}
