/** Two chosen methods by the models that were fitted; computed only while it is open. */
import { NativeSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import { type ComparedGroups, fittedModels, groupPairs, verdictOf } from "../../bench/comparisons";

/** Every judged pair, as a comparison of two groups of one amount of data. */
function choicesOf(compared: readonly ComparedGroups[]): { label: string; pair: ComparedGroups }[] {
  return [...compared].reverse().flatMap((groups) =>
    groupPairs(groups).map(({ a, b }) => ({
      label: `${a.name} against ${b.name}, ${groups.regimeLabel}`,
      pair: { ...groups, groups: [a, b] },
    })),
  );
}

function FittedVerdict({ pair }: { pair: ComparedGroups }) {
  return <p>{useMemo(() => verdictOf(fittedModels, pair), [pair])}</p>;
}

export function FittedPair({ compared }: { compared: readonly ComparedGroups[] }) {
  const [isOpen, setOpen] = useState(false);
  const [index, setIndex] = useState(0);
  const choices = useMemo(() => choicesOf(compared), [compared]);
  const chosen = choices[index] ?? choices[0];
  if (!chosen) return null;
  return (
    <details className="disclosure ruled-bottom" data-testid="fitted" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{fittedModels.label}</summary>
      {isOpen && (
        <div className="stack">
          <NativeSelect
            label="Pair"
            maw={420}
            value={String(choices.indexOf(chosen))}
            data={choices.map(({ label }, i) => ({ value: String(i), label }))}
            onChange={(e) => setIndex(Number(e.currentTarget.value))}
          />
          <FittedVerdict pair={chosen.pair} />
        </div>
      )}
    </details>
  );
}
