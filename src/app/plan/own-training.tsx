/** Shows the training settings of one method that override the plan's. */
import { Button } from "@mantine/core";
import { type TrainingKey, trainingMeta } from "../../bench/training";
import { changeMethod, type DraftMethod, suggestedTraining } from "../state/plan-draft";
import { TrainingField } from "./training-fields";

const trainingText = (value: unknown) => (Array.isArray(value) ? value.join(", ") || "none" : String(value));

interface OwnTrainingProps {
  method: DraftMethod;
  problems: Record<string, string | undefined>;
}

export function OwnTraining({ method, problems }: OwnTrainingProps) {
  const keys = Object.keys(method.training) as TrainingKey[];
  if (keys.length === 0) return null;
  const words = keys.map(
    (key) => `${trainingMeta(key).title.split(",")[0].toLowerCase()} ${trainingText(method.training[key])}`,
  );

  return (
    <details className="disclosure own-training">
      <summary className="small">Training settings of its own: {words.join(", ")}</summary>
      <div className="fields">
        {keys.map((key) => {
          const value = method.training[key];
          return value === undefined ? null : (
            <TrainingField
              key={key}
              name={key}
              value={value}
              problem={problems[`method.${method.key}.training.${key}`]}
              onChange={(change) => changeMethod(method.key, { training: { ...method.training, ...change } })}
            />
          );
        })}
      </div>
      <Button mt={8} onClick={() => changeMethod(method.key, { training: suggestedTraining(method.id) })}>
        Back to the suggested settings
      </Button>
    </details>
  );
}
