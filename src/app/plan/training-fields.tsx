/** Training settings, drawn from the plan's schema: labels here, bounds and help there. */
import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import { useStore } from "zustand";
import { type Training, trainingSchema } from "../../bench/plan";
import { draftStore, setTraining } from "../state/plan-draft";

export const trainingLabels: Record<keyof Training, string> = {
  epochs: "Epochs, at most",
  batch: "Batch",
  lr: "Learning rate",
  headLr: "Head learning rate",
  weightDecay: "Weight decay",
  headL2: "L2 on the head",
  schedule: "Schedule",
  warmup: "Warm-up, share of steps",
  patience: "Patience, epochs",
  classWeights: "Class weights",
  standardize: "Standardise features",
};
const choices: Partial<Record<keyof Training, string[]>> = {
  schedule: ["cosine", "plateau", "constant"],
  classWeights: ["balanced", "none"],
};

interface TrainingFieldsProps {
  problems: Record<string, string | undefined>;
}

interface TrainingFieldProps<K extends keyof Training> {
  name: K;
  value: Training[K];
  problem?: string;
  onChange: (change: Partial<Training>) => void;
}

/** One training setting, with the schema's own help. */
export function TrainingField<K extends keyof Training>({ name, value, problem, onChange }: TrainingFieldProps<K>) {
  const shared = {
    label: trainingLabels[name],
    description: trainingSchema.shape[name].description,
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
        data={choices[name] ?? []}
        onChange={(e) => onChange({ [name]: e.currentTarget.value })}
      />
    );
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
      <summary>Advanced: optimiser, schedule, early stopping</summary>
      <div className="fields panel-body">
        {(Object.keys(trainingLabels) as (keyof Training)[]).map((key) => (
          <TrainingField
            key={key}
            name={key}
            value={training[key]}
            problem={problems[`training.${key}`]}
            onChange={setTraining}
          />
        ))}
      </div>
    </details>
  );
}
