/** The fields for the amounts of training data, the folds and the seeds. */
import { Chip, NumberInput, TextInput } from "@mantine/core";
import { useStore } from "zustand";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { draftStore, setDraft, shotChoices } from "../state/plan-draft";
import { Panel } from "../ui/panel";

interface ProtocolFieldsProps {
  problems: Record<string, string | undefined>;
}

export function ProtocolFields({ problems }: ProtocolFieldsProps) {
  const draft = useStore(draftStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const order = ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[];
  return (
    <Panel title="Training data, folds, seeds">
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
        <div className="fields">
          <NumberInput
            label="Folds"
            value={draft.folds}
            min={2}
            max={20}
            clampBehavior="none"
            error={problems.folds}
            description={
              dataset?.grouping === "image"
                ? "Stratified, image by image"
                : "Stratified; a patient is never on both sides"
            }
            inputWrapperOrder={order}
            onChange={(n) => setDraft({ folds: Number(n) })}
          />
          <TextInput
            label="Seeds"
            value={draft.seeds}
            error={problems.seeds}
            description="Initial values, shuffling and the draw of shots. 0, 1, 2 or 0-4"
            inputWrapperOrder={order}
            onChange={(e) => setDraft({ seeds: e.currentTarget.value })}
          />
          <NumberInput
            label="Seed of the folds"
            value={draft.splitSeed}
            description="The same for every method, so that results pair"
            inputWrapperOrder={order}
            onChange={(n) => setDraft({ splitSeed: Number(n) })}
          />
        </div>
      </div>
    </Panel>
  );
}
