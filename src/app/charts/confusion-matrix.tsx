/** Counts of truth against decision; each cell opens its images. */
import { confusionMatrix } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { ScrollX } from "../ui/scroll-x";
import { metricInput } from "./pool";

export type ConfusionRow = { truth: string; decision: string; count: number; share: number };

/** One row per cell; `share` is of the images with that truth. */
export function rows(records: readonly RunRecord[]): ConfusionRow[] {
  const classes = records[0]?.dataset.classes ?? [];
  return confusionMatrix(metricInput(records)).flatMap((line, t) => {
    const sum = line.reduce((a, b) => a + b, 0);
    return line.map((count, d) => ({
      truth: classes[t],
      decision: classes[d],
      count,
      share: sum > 0 ? count / sum : Number.NaN,
    }));
  });
}

interface ConfusionMatrixProps {
  records: readonly RunRecord[];
  chosen: { truth: string; decision: string } | null;
  onChoose: (cell: { truth: string; decision: string }) => void;
}

export function ConfusionMatrix({ records, chosen, onChoose }: ConfusionMatrixProps) {
  const all = rows(records);
  const classes = records[0]?.dataset.classes ?? [];
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <div>
          <h3>Confusion matrix</h3>
          <p className="dim small">Most probable class, {records.length} runs pooled. A cell shows its images below.</p>
        </div>
      </figcaption>
      <ScrollX label="Confusion matrix">
        <table className="confusion" aria-label="Confusion matrix">
          <thead>
            <tr>
              <th scope="col">Truth ↓ Decision →</th>
              {classes.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((truth) => (
              <tr key={truth}>
                <th scope="row">{truth}</th>
                {all
                  .filter((cell) => cell.truth === truth)
                  .map((cell) => (
                    <td key={cell.decision}>
                      <button
                        type="button"
                        className={cell.truth === cell.decision ? "cell right" : "cell wrong"}
                        aria-pressed={chosen?.truth === truth && chosen.decision === cell.decision}
                        aria-label={`${cell.count} images of ${truth} decided as ${cell.decision}`}
                        style={{ ["--share" as string]: `${Math.round(45 * (cell.share || 0))}%` }}
                        onClick={() => onChoose({ truth, decision: cell.decision })}
                      >
                        <strong>{cell.count}</strong>
                        <span>{Number.isFinite(cell.share) ? `${Math.round(100 * cell.share)} %` : "–"}</span>
                      </button>
                    </td>
                  ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </figure>
  );
}
