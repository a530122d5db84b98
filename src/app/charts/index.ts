/**
 * The registry of charts. For each place, a screen draws the charts of that place in this order.
 */
import { confusionChart } from "./confusion-chart";
import { decisionCurveChart } from "./decision-curve-chart";
import type { Chart } from "./define-chart";
import type { ChartPlace } from "./inputs";
import { methodsChart } from "./methods-chart";
import { prChart } from "./pr-chart";
import { ranksChart } from "./ranks-chart";
import { reliabilityChart } from "./reliability-chart";
import { rocChart } from "./roc-chart";
import { shotsChart } from "./shots-chart";
import { thresholdsChart } from "./thresholds-chart";
import { trainingChart } from "./training-chart";

type AnyChart = { [Place in ChartPlace]: Chart<Place> }[ChartPlace];

export const charts: readonly AnyChart[] = [
  methodsChart,
  shotsChart,
  rocChart,
  prChart,
  confusionChart,
  reliabilityChart,
  decisionCurveChart,
  thresholdsChart,
  trainingChart,
  ranksChart,
];

/** The charts of one place, in the registry's order. */
export function chartsAt<Place extends ChartPlace>(place: Place) {
  return charts.filter((chart): chart is Extract<AnyChart, { place: Place }> => chart.place === place);
}
