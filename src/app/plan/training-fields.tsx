/** Training settings, drawn from the plan's schema: labels here, bounds and help there. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { type ComponentProps, useState } from "react";
import { useStore } from "zustand";
import {
  isInEffect,
  type Training,
  type TrainingKey,
  trainingChoices,
  trainingKeys,
  trainingMeta,
} from "../../bench/training";
import { trainingGroups } from "../../bench/training-field";
import { draftStore, parseNumbers, setTraining } from "../state/plan-draft";
import { AugmentPresets } from "./augment-presets";
import { AugmentPreview } from "./augment-preview";
import { ChipsField } from "./chips-field";

interface TrainingFieldsProps {
  problems: Record<string, string | undefined>;
}

interface TrainingFieldProps<K extends TrainingKey> {
  name: K;
  value: Training[K];
  problem?: string;
  onChange: (change: Partial<Training>) => void;
}

interface NumbersFieldProps extends Omit<ComponentProps<typeof TextInput>, "value" | "onChange"> {
  value: readonly number[];
  onChange: (value: number[]) => void;
}

/** A list of numbers as text. What is typed stands as typed (a trailing comma, say) until the list is set from elsewhere. */
function NumbersField({ value, onChange, ...shared }: NumbersFieldProps) {
  const [typed, setTyped] = useState(value.join(", "));
  const isTyped = JSON.stringify(parseNumbers(typed)) === JSON.stringify(value);
  return (
    <TextInput
      {...shared}
      className="span-two"
      value={isTyped ? typed : value.join(", ")}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        onChange(parseNumbers(e.currentTarget.value));
      }}
    />
  );
}

/** One training setting, with the schema's own help. */
export function TrainingField<K extends TrainingKey>({ name, value, problem, onChange }: TrainingFieldProps<K>) {
  const choices = trainingChoices(name);
  const shared = {
    label: trainingMeta(name).title,
    description: trainingMeta(name).description,
    error: problem,
    inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[],
  };
  if (typeof value === "boolean")
    return (
      <Checkbox
        label={shared.label}
        description={shared.description}
        checked={value}
        onChange={(e) => onChange({ [name]: e.currentTarget.checked })}
      />
    );
  if (typeof value === "string")
    return (
      <NativeSelect
        {...shared}
        value={value}
        data={[...choices]}
        onChange={(e) => onChange({ [name]: e.currentTarget.value })}
      />
    );
  if (Array.isArray(value) && choices.length > 0) {
    const chosen = value.map(String);
    return <ChipsField {...shared} choices={choices} value={chosen} onChange={(list) => onChange({ [name]: list })} />;
  }
  if (Array.isArray(value))
    return <NumbersField {...shared} value={value.map(Number)} onChange={(list) => onChange({ [name]: list })} />;
  return (
    <NumberInput
      {...shared}
      value={value as number}
      clampBehavior="none"
      hideControls
      onChange={(n) => onChange({ [name]: n === "" ? Number.NaN : Number(n) })}
    />
  );
}

export function TrainingFields({ problems }: TrainingFieldsProps) {
  const training = useStore(draftStore, (s) => s.training);
  return (
    <details className="disclosure panel advanced">
      <summary>Advanced: how training goes</summary>
      {Object.entries(trainingGroups).map(([group, title]) => (
        <fieldset key={group} className="plain">
          <legend>{title}</legend>
          {group === "augmentation" && <AugmentPresets />}
          <div className="fields wide">
            {trainingKeys
              .filter((key) => trainingMeta(key).group === group && isInEffect(key, training))
              .map((key) => (
                <TrainingField
                  key={key}
                  name={key}
                  value={training[key]}
                  problem={problems[`training.${key}`]}
                  onChange={setTraining}
                />
              ))}
          </div>
          {group === "augmentation" && <AugmentPreview />}
        </fieldset>
      ))}
    </details>
  );
}
