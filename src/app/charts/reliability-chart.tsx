/**
 * The reliability diagram of one table row: how often the outcome occurs among images with similar
 * probabilities, before and after calibration.
 */

import { CartesianGrid, ComposedChart, ErrorBar, Line, Tooltip, XAxis, YAxis } from "recharts";
import { remembered } from "../../base/remembered";
import { type CoefficientEstimate, calibrationSummary } from "../../bench/probabilities/calibration";
import { binCount, reliabilityBins } from "../../bench/probabilities/reliability";
import type { RunRecord } from "../../bench/record";
import { metricText, percent } from "../ui/format";
import { axisLabel, grid, sideLabel, unitAxis } from "./axis";
import { defineChart } from "./define-chart";
import { diagonal } from "./diagonal";
import type { RowInput } from "./inputs";
import { markerDot, seriesColour } from "./palette";
import {
  eventName,
  needsProbabilities,
  type ProbabilitySeries,
  pooledImagesInWords,
  probabilitySeries,
  seriesProbabilities,
} from "./probabilities";
import { Tip, type TipProps } from "./tip";

/** `probability` is the mean of the bin; `low` and `high` are the bounds of the observed share. */
type ReliabilityRow = {
  series: string;
  probability: number;
  observed: number;
  low: number;
  high: number;
  images: number;
  patients: number;
};

/** Kept, because their bars come from a bootstrap. */
const reliabilityRows = remembered((records: readonly RunRecord[]): ReliabilityRow[] => {
  const { result } = seriesProbabilities(records);
  return (result ? probabilitySeries(result) : []).flatMap((series) =>
    reliabilityBins(series, binCount(series.p.length), { seed: 0 }).map(
      ({ mean, observed, low, high, images, patients }): ReliabilityRow => ({
        series: series.label,
        probability: mean,
        observed,
        low,
        high,
        images,
        patients,
      }),
    ),
  );
});

function ReliabilityTip({ active, payload }: TipProps<ReliabilityRow>) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  return (
    <Tip
      title={row.series}
      lines={[
        { label: "Mean probability", text: percent(row.probability) },
        { label: "Observed", text: `${percent(row.observed)} (${percent(row.low)} to ${percent(row.high)})` },
        { label: "Images, patients", text: `${row.images}, ${row.patients}` },
      ]}
    />
  );
}

function ReliabilityDrawing({ rows }: { input: RowInput; rows: readonly ReliabilityRow[] }) {
  const names = [...new Set(rows.map(({ series }) => series))];
  const data = rows.map((row) => {
    const index = names.indexOf(row.series);
    return { ...row, [`y${index}`]: row.observed, [`e${index}`]: [row.observed - row.low, row.high - row.observed] };
  });
  return (
    <ComposedChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 12, bottom: 16, left: 0 }}>
      <CartesianGrid {...grid} />
      <XAxis {...unitAxis} dataKey="probability" label={axisLabel("Probability")} />
      <YAxis {...unitAxis} width={52} label={sideLabel("Observed share")} />
      {diagonal}
      <Tooltip content={ReliabilityTip} />
      {names.map((name, index) => (
        <Line
          key={name}
          dataKey={`y${index}`}
          type="linear"
          stroke={seriesColour(index)}
          strokeWidth={1.5}
          dot={markerDot(index)}
          isAnimationActive={false}
        >
          <ErrorBar dataKey={`e${index}`} width={4} strokeWidth={1.2} stroke={seriesColour(index)} direction="y" />
        </Line>
      ))}
    </ComposedChart>
  );
}

const estimateText = ({ value, low, high }: CoefficientEstimate): string =>
  `${metricText(value, 2)} (${metricText(low, 2)} to ${metricText(high, 2)})`;

/** E.g. "Slope 0.62 (0.41 to 0.83) before, 0.94 (0.60 to 1.28) after calibration". */
function summaryInWords(series: readonly ProbabilitySeries[]): string {
  const summaries = series.map((own) => calibrationSummary(own));
  const reason = summaries.find((summary) => summary.reason !== null)?.reason;
  if (reason) return reason;
  const both = (key: "slope" | "intercept") => {
    const [before, after] = summaries.flatMap(({ result }) => (result ? [estimateText(result[key])] : []));
    return after === undefined ? before : `${before} before, ${after} after calibration`;
  };
  return (
    `Slope ${both("slope")}; 1 is right, less is too sure. ` +
    `Intercept ${both("intercept")}; 0 is right, less is too high.`
  );
}

function calibrationInWords(records: readonly RunRecord[]): string {
  const { result } = seriesProbabilities(records);
  if (!result) return "";
  const uncalibrated = result.after.reason === null ? "" : ` Not calibrated: ${result.after.reason}`;
  return `${summaryInWords(probabilitySeries(result))} Bars: 95 %, with patients drawn anew.${uncalibrated}`;
}

export const reliabilityChart = defineChart({
  id: "reliability",
  place: "row",
  title: () => "Calibration: are the probabilities right?",
  caption: ({ imageRecords, poolLabel }) =>
    `${pooledImagesInWords(imageRecords, poolLabel)}. On the dashed line ${eventName(imageRecords)} occurs as often as predicted. ` +
    calibrationInWords(imageRecords),
  legend: ({ imageRecords }) => {
    const { result } = seriesProbabilities(imageRecords);
    return (result ? probabilitySeries(result) : []).map(({ label }, index) => ({ label, index }));
  },
  needs: ({ imageRecords }) => needsProbabilities(imageRecords),
  rows: ({ imageRecords }) => reliabilityRows(imageRecords),
  Drawing: ReliabilityDrawing,
});
