/** One setting of a method, drawn from the row that declares it. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { type ConfigRow, parseNames } from "../state/methods";
import { ChipsField } from "./chips-field";

interface ConfigFieldProps {
  row: ConfigRow;
  value: unknown;
  problem?: string;
  onChange: (value: unknown) => void;
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

export function ConfigField({ row, value, problem, onChange }: ConfigFieldProps) {
  const [typed, setTyped] = useState(textOf(value));
  // What is typed stands as typed (a trailing comma, say) until the value is set from elsewhere.
  const text = textOf(parseNames(typed)) === textOf(value) ? typed : textOf(value);
  const shared = {
    label: row.label,
    description: row.help,
    error: problem,
    inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[],
  };
  switch (row.kind) {
    case "number":
    case "integer":
      return (
        <NumberInput
          {...shared}
          value={value as number}
          min={row.min}
          max={row.max}
          step={row.kind === "integer" ? 1 : 0.1}
          clampBehavior="none"
          allowDecimal={row.kind === "number"}
          onChange={(n) => onChange(n === "" ? undefined : Number(n))}
        />
      );
    case "boolean":
      return (
        <Checkbox
          label={row.label}
          description={row.help}
          checked={value === true}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <NativeSelect
          {...shared}
          value={String(value)}
          data={(row.choices ?? []).map(String)}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      );
    case "strings":
      if (!row.choices)
        return (
          <TextInput
            {...shared}
            className="span-two"
            value={text}
            onChange={(e) => {
              setTyped(e.currentTarget.value);
              onChange(parseNames(e.currentTarget.value));
            }}
          />
        );
      return (
        <ChipsField
          {...shared}
          choices={row.choices.map(String)}
          value={(value as string[]) ?? []}
          onChange={onChange}
        />
      );
    case "record":
      return null;
  }
}
