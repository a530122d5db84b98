/** Shows one setting of a method or of training, as its schema declares it. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { type ComponentProps, useState } from "react";
import type { SettingRow } from "../../base/setting";
import { parseNames } from "../state/methods";
import { parseNumbers } from "../state/plan-draft";
import { ChipsField } from "./chips-field";

interface SettingFieldProps {
  row: SettingRow;
  value: unknown;
  problem?: string;
  /** Buttons step a number up and down within its bounds. */
  hasSteppers?: boolean;
  /** @param value undefined where the user emptied a number */
  onChange: (value: unknown) => void;
}

interface ListFieldProps extends Omit<ComponentProps<typeof TextInput>, "value" | "onChange"> {
  value: unknown;
  parse: (text: string) => unknown;
  onChange: (value: unknown) => void;
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/**
 * Edits a list as text. The typed text stays as it is (e.g. with a trailing comma) until something
 * else changes the list.
 */
function ListField({ value, parse, onChange, ...shared }: ListFieldProps) {
  const [typed, setTyped] = useState(textOf(value));
  const isTyped = textOf(parse(typed)) === textOf(value);
  return (
    <TextInput
      {...shared}
      className="span-two"
      value={isTyped ? typed : textOf(value)}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        onChange(parse(e.currentTarget.value));
      }}
    />
  );
}

function steppersOf({ kind, min, max }: SettingRow): Partial<ComponentProps<typeof NumberInput>> {
  const isInteger = kind === "integer";
  return { min, max, step: isInteger ? 1 : 0.1, allowDecimal: !isInteger };
}

export function SettingField({ row, value, problem, hasSteppers = false, onChange }: SettingFieldProps) {
  const shared = {
    label: row.title,
    description: row.description,
    error: problem,
    inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[],
  };
  const choices = row.choices ?? [];
  switch (row.kind) {
    case "number":
    case "integer":
      return (
        <NumberInput
          {...shared}
          {...(hasSteppers ? steppersOf(row) : { hideControls: true })}
          value={value as number}
          clampBehavior="none"
          onChange={(n) => onChange(n === "" ? undefined : Number(n))}
        />
      );
    case "boolean":
      return (
        <Checkbox
          label={row.title}
          description={row.description}
          checked={value === true}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <NativeSelect
          {...shared}
          value={String(value)}
          data={choices.map((value) => ({ value, label: row.labels?.[value] ?? value }))}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      );
    case "choices":
      return <ChipsField {...shared} choices={choices} value={Array.isArray(value) ? value : []} onChange={onChange} />;
    case "text":
      return <TextInput {...shared} value={textOf(value)} onChange={(e) => onChange(e.currentTarget.value)} />;
    case "strings":
      return <ListField {...shared} value={value} parse={parseNames} onChange={onChange} />;
    case "numbers":
      return <ListField {...shared} value={value} parse={parseNumbers} onChange={onChange} />;
    case "record":
      return null;
  }
}
