/** Effects of methods over backbones and of backbones over methods; shown where there are both. */
import { useMemo } from "react";
import { type ComparedGroups, overBackbones, overMethods, verdictOf } from "../../bench/comparisons";
import { chartsAt } from "../charts";

function OverBlocksEntry({ compared }: { compared: ComparedGroups }) {
  const answers = useMemo(
    () =>
      [overBackbones, overMethods].map((comparison) => ({
        id: comparison.id,
        label: comparison.label,
        verdict: verdictOf(comparison, compared),
        result: comparison.needs(compared) === true ? comparison.compute(compared) : null,
      })),
    [compared],
  );
  return answers.map(({ id, label, verdict, result }) => (
    <div key={id} className="stack">
      <p>
        <strong>{label}</strong> <span className="dim">{compared.regimeLabel}</span> {verdict}
      </p>
      {result?.ranks && chartsAt("ranks").map(({ figure }) => figure({ ...result, title: label }))}
    </div>
  ));
}

export function OverBlocksPanel({ compared }: { compared: readonly ComparedGroups[] }) {
  const crossed = compared.filter(({ groups }) => {
    const count = (role: "method" | "backbone") => new Set(groups.map(({ labels }) => labels[role])).size;
    return count("method") > 1 && count("backbone") > 1;
  });
  if (crossed.length === 0) return null;
  return (
    <details className="disclosure ruled-bottom" data-testid="over">
      <summary>Methods over backbones, backbones over methods</summary>
      <div className="stack">
        {crossed.toReversed().map((one) => (
          <OverBlocksEntry key={`${one.groups[0].splitKey} ${one.regimeLabel}`} compared={one} />
        ))}
      </div>
    </details>
  );
}
