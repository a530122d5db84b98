/**
 * Thresholds as a table: what each rule, applied to the validation images, reaches on the test
 * images of a row.
 */
import { pooledOperatingPoint } from "../../bench/probabilities/operating-points";
import type { ThresholdRule } from "../../bench/probabilities/threshold";
import { metricText } from "../ui/format";
import { ScrollX } from "../ui/scroll-x";
import { defineChart } from "./define-chart";
import type { RowInput } from "./inputs";
import { needsBothClasses } from "./pool";
import { pooledImagesInWords } from "./probabilities";

/** `sensitivity` and `specificity` read "18 of 20". */
type ThresholdRow = { rule: string; threshold: number | null; sensitivity: string; specificity: string };

const rules: readonly { label: string; rule: ThresholdRule }[] = [
  { label: "Youden index", rule: { kind: "youden" } },
  { label: "Sensitivity ≥ 90 %", rule: { kind: "sensitivity", target: 0.9 } },
  { label: "Specificity ≥ 90 %", rule: { kind: "specificity", target: 0.9 } },
];

function ThresholdTable({ rows }: { input: RowInput; rows: readonly ThresholdRow[] }) {
  return (
    <ScrollX label="Thresholds">
      <table className="data-table" aria-label="Thresholds">
        <thead>
          <tr>
            <th scope="col">Wanted</th>
            <th scope="col" className="num">
              Threshold
            </th>
            <th scope="col" className="num">
              Sensitivity
            </th>
            <th scope="col" className="num">
              Specificity
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ rule, threshold, sensitivity, specificity }) => (
            <tr key={rule}>
              <th scope="row" className="wraps">
                {rule}
              </th>
              <td className="num">{metricText(threshold)}</td>
              <td className="num">{sensitivity}</td>
              <td className="num">{specificity}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

export const thresholdsChart = defineChart({
  id: "thresholds",
  place: "row",
  title: () => "Thresholds: where to draw the line",
  caption: ({ imageRecords, poolLabel }) =>
    `${pooledImagesInWords(imageRecords, poolLabel)}. Each run chooses its threshold on its validation images (shown: the ` +
    "median). The counts are those of the test images, which may miss what was wanted.",
  isTable: true,
  needs({ imageRecords }) {
    if (imageRecords[0]?.dataset.classes.length !== 2) return "Thresholds need an outcome with two classes.";
    const both = needsBothClasses(imageRecords);
    if (both !== true) return both;
    return pooledOperatingPoint(imageRecords, rules[0].rule).reason ?? true;
  },
  rows: ({ imageRecords }): ThresholdRow[] =>
    rules.flatMap(({ label, rule }) => {
      const { result } = pooledOperatingPoint(imageRecords, rule);
      if (!result) return [];
      const { threshold, found, positives, cleared, negatives } = result;
      return [
        {
          rule: label,
          threshold: Number.isFinite(threshold) ? threshold : null,
          sensitivity: `${found} of ${positives}`,
          specificity: `${cleared} of ${negatives}`,
        },
      ];
    }),
  Drawing: ThresholdTable,
});
