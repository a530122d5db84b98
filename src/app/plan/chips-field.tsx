/** Chooses any number of values from a list; each value is a chip. */
import { Chip } from "@mantine/core";
import { useId } from "react";

interface ChipsFieldProps {
  label: string;
  description?: string;
  error?: string;
  choices: readonly string[];
  value: readonly string[];
  onChange: (value: string[]) => void;
}

export function ChipsField({ label, description, error, choices, value, onChange }: ChipsFieldProps) {
  const id = useId();
  return (
    <div style={{ gridColumn: "1 / -1" }}>
      <span className="field-label" id={id}>
        {label}
      </span>
      <Chip.Group multiple value={[...value]} onChange={onChange}>
        {/* biome-ignore lint/a11y/useSemanticElements: a group inside a fieldset of the form */}
        <div className="row" role="group" aria-labelledby={id}>
          {choices.map((choice) => (
            <Chip key={choice} value={choice}>
              {choice}
            </Chip>
          ))}
        </div>
      </Chip.Group>
      {description && <p className="dim small chips-help">{description}</p>}
      {error && <p className="field-error">{error}</p>}
    </div>
  );
}
