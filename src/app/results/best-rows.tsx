/** The best row of each amount of training data, corrected for having been chosen as the best. */
import { useCallback } from "react";
import { bestRowWords, correctedBest } from "../../bench/best-row";
import type { ComparedGroups } from "../../bench/comparisons";
import type { Metric } from "../../bench/metric";
import { regimeCost } from "../../bench/regime";
import { useInTurns } from "../ui/use-in-turns";

interface BestRowsProps {
  compared: readonly ComparedGroups[];
  metric: Metric;
}

/** The comparisons that have a best row: several methods, no run missing. Full data first. */
function decided(compared: readonly ComparedGroups[]): ComparedGroups[] {
  const cost = ({ regime }: ComparedGroups) => Math.min(regimeCost(regime), Number.MAX_VALUE);
  return compared
    .filter(({ groups, progress }) => groups.length > 1 && progress.missing === 0)
    .sort((a, b) => cost(b) - cost(a));
}

function* sentences(compared: readonly ComparedGroups[], metric: Metric) {
  const found: { key: string; regimeLabel: string; words: string }[] = [];
  for (const { groups, regimeLabel } of decided(compared)) {
    const row = yield* correctedBest(groups, metric);
    if (row) found.push({ key: row.group.key, regimeLabel, words: bestRowWords(row, row.group.name, metric) });
  }
  return found;
}

export function BestRows({ compared, metric }: BestRowsProps) {
  const start = useCallback(() => sentences(compared, metric), [compared, metric]);
  const found = useInTurns(start);
  if (decided(compared).length === 0 || found?.length === 0) return null;
  return (
    <div className="verdicts" data-testid="best-rows">
      <h3 className="dim small">The best row, corrected for the choice</h3>
      {found ? (
        <dl>
          {found.map(({ key, regimeLabel, words }) => (
            <div key={key} style={{ display: "contents" }}>
              <dt>
                {metric.label} <span className="dim">{regimeLabel}</span>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className="dim">Being computed</p>
      )}
    </div>
  );
}
