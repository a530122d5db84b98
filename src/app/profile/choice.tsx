/** What to profile: backbone, method, images per step. */
import { NativeSelect, NumberInput } from "@mantine/core";
import type { BackboneRow } from "../../models/types";
import type { ProfileChoice } from "../../worker/protocol";
import { methods } from "../state/methods";
import { Panel } from "../ui/panel";

/** What is solved or looked up on features takes no steps. */
export const profiledMethods = methods.filter((m) => !m.fit);

interface ChoiceProps {
  backbones: readonly BackboneRow[];
  choice: ProfileChoice;
  disabled: boolean;
  onChange: (change: Partial<ProfileChoice>) => void;
}

export function Choice({ backbones, choice, disabled, onChange }: ChoiceProps) {
  return (
    <Panel title="What to profile">
      <div className="fields wide">
        <NativeSelect
          label="Backbone"
          disabled={disabled}
          value={choice.backboneId}
          data={backbones.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(e) => onChange({ backboneId: e.currentTarget.value })}
        />
        <NativeSelect
          label="Method, with its default settings"
          disabled={disabled}
          value={choice.method}
          data={profiledMethods.map(({ id, label }) => ({ value: id, label }))}
          onChange={(e) => onChange({ method: e.currentTarget.value })}
        />
        <NumberInput
          label="Images per step"
          disabled={disabled}
          min={1}
          max={1024}
          allowDecimal={false}
          clampBehavior="blur"
          value={choice.batch}
          onChange={(value) => onChange({ batch: Number(value) })}
        />
      </div>
    </Panel>
  );
}
