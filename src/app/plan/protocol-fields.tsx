/** The fields for the amounts of training data, the split and the seeds. */
import { Chip, NumberInput, TextInput } from "@mantine/core";
import { useStore } from "zustand";
import { isRepeatableSplit } from "../../bench/protocols";
import { draftStore, setDraft, shotChoices } from "../state/plan-draft";
import { Panel } from "../ui/panel";
import { ShotFields } from "./shot-fields";
import { SplitFields, SplitNote } from "./split-fields";

interface ProtocolFieldsProps {
  problems: Record<string, string | undefined>;
}

export function ProtocolFields({ problems }: ProtocolFieldsProps) {
  const draft = useStore(draftStore);
  const order = ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[];
  return (
    <Panel title="Training data, split, seeds">
      <div className="stack">
        <div>
          <span className="field-label" id="regimes-label">
            Training images
          </span>
          {/* biome-ignore lint/a11y/useSemanticElements: chips in a row, named by the label above */}
          <div className="row" role="group" aria-labelledby="regimes-label">
            <Chip checked={draft.full} onChange={(full) => setDraft({ full })}>
              All
            </Chip>
            {shotChoices.map((k) => (
              <Chip
                key={k}
                checked={draft.shots.includes(k)}
                onChange={(on) => setDraft({ shots: on ? [...draft.shots, k] : draft.shots.filter((s) => s !== k) })}
              >
                {k} per class
              </Chip>
            ))}
          </div>
          {problems.regimes && <p className="field-error">{problems.regimes}</p>}
        </div>
        {draft.shots.length > 0 && <ShotFields />}
        <div className="fields">
          <SplitFields problems={problems} />
          {isRepeatableSplit(draft.split) && (
            <NumberInput
              label="Repeats"
              value={draft.repeats}
              min={1}
              max={20}
              error={problems.repeats}
              description="Divides the patients anew each time: the way to more certainty"
              inputWrapperOrder={order}
              onChange={(n) => setDraft({ repeats: n === "" ? Number.NaN : Number(n) })}
            />
          )}
          <TextInput
            label="Seeds"
            value={draft.seeds}
            error={problems.seeds}
            description="Initial values, shuffling and the draw of shots. 0, 1, 2 or 0-4"
            inputWrapperOrder={order}
            onChange={(e) => setDraft({ seeds: e.currentTarget.value })}
          />
          <NumberInput
            label="Seed of the split"
            value={draft.splitSeed}
            description="The same for every method, so that results pair"
            inputWrapperOrder={order}
            onChange={(n) => setDraft({ splitSeed: Number(n) })}
          />
        </div>
        <SplitNote problem={problems.split} />
      </div>
    </Panel>
  );
}
