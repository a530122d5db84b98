/** The confusion matrix: counts of truth against decision. A click on a cell shows its images. */
import { confusionMatrix } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import { ScrollX } from "../ui/scroll-x";
import { defineChart } from "./define-chart";
import type { MatrixCell, RowInput } from "./inputs";
import { metricInput, poolInWords } from "./pool";

/** `share` is the share among the images with that truth, 0 to 1; NaN if there is no such image. */
type ConfusionRow = MatrixCell & { count: number; share: number };

const classNames = (records: readonly RunRecord[]) => records[0]?.dataset.classes ?? [];

interface CellButtonProps {
  /** What the cell counts. */
  noun: RowInput["noun"];
  cell: ConfusionRow;
  isSelected: boolean;
  onSelect: () => void;
}

function CellButton({ noun, cell: { truth, decision, count, share }, isSelected, onSelect }: CellButtonProps) {
  return (
    <button
      type="button"
      className={truth === decision ? "cell right" : "cell wrong"}
      aria-pressed={isSelected}
      aria-label={`${count} ${noun}s of ${truth} decided as ${decision}`}
      style={{ ["--share" as string]: `${Math.round(45 * (share || 0))}%` }}
      onClick={onSelect}
    >
      <strong>{count}</strong>
      <span>{Number.isFinite(share) ? `${Math.round(100 * share)} %` : "–"}</span>
    </button>
  );
}

function ConfusionTable({ input, rows }: { input: RowInput; rows: readonly ConfusionRow[] }) {
  const { records, noun, selectedCell, onSelectCell } = input;
  const classes = classNames(records);
  return (
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
              {rows
                .filter((cell) => cell.truth === truth)
                .map((cell) => (
                  <td key={cell.decision}>
                    <CellButton
                      noun={noun}
                      cell={cell}
                      isSelected={selectedCell?.truth === truth && selectedCell.decision === cell.decision}
                      onSelect={() => onSelectCell({ truth, decision: cell.decision })}
                    />
                  </td>
                ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

export const confusionChart = defineChart({
  id: "confusion",
  place: "row",
  title: () => "Confusion matrix",
  caption: (input) => `Most probable class; ${poolInWords(input)}. A cell shows its images below.`,
  isTable: true,
  needs: () => true,
  rows({ records }): ConfusionRow[] {
    const classes = classNames(records);
    return confusionMatrix(metricInput(records)).flatMap((counts, t) => {
      const sum = counts.reduce((a, b) => a + b, 0);
      return counts.map((count, d) => ({
        truth: classes[t],
        decision: classes[d],
        count,
        share: sum > 0 ? count / sum : Number.NaN,
      }));
    });
  },
  Drawing: ConfusionTable,
});
