/** Training settings, drawn from the plan's schema by group. */
import { useStore } from "zustand";
import { settingRow } from "../../base/setting";
import {
  isInEffect,
  type Training,
  type TrainingKey,
  trainingKeys,
  trainingMeta,
  trainingSchema,
} from "../../bench/training";
import { trainingGroups } from "../../bench/training-field";
import { draftStore, setTraining } from "../state/plan-draft";
import { AugmentPresets } from "./augment-presets";
import { AugmentPreview } from "./augment-preview";
import { SettingField } from "./setting-field";

interface TrainingFieldsProps {
  problems: Record<string, string | undefined>;
}

interface TrainingFieldProps<K extends TrainingKey> {
  name: K;
  value: Training[K];
  problem?: string;
  onChange: (change: Partial<Training>) => void;
}

/**
 * One training setting, with the schema's own help. An emptied number is NaN, which the schema
 * refuses.
 */
export function TrainingField<K extends TrainingKey>({ name, value, problem, onChange }: TrainingFieldProps<K>) {
  return (
    <SettingField
      row={settingRow(name, trainingSchema.shape[name])}
      value={value}
      problem={problem}
      onChange={(changed) => onChange({ [name]: changed ?? Number.NaN })}
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
