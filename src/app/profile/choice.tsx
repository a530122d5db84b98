/** The fields that choose what to profile: backbone, method, and images per step. */
import { NativeSelect, NumberInput } from "@mantine/core";
import type { BackboneRow } from "../../models/types";
import type { ProfileChoice } from "../../worker/protocol";
import { methods } from "../state/methods";
import { Panel } from "../ui/panel";

/**
 * Methods that train in steps. Methods that fit a predictor to features have no step to profile.
 */
export const profiledMethods = methods.filter((m) => !m.fit);

interface ProfileFieldsProps {
  backbones: readonly BackboneRow[];
  choice: ProfileChoice;
  disabled: boolean;
  onChange: (change: Partial<ProfileChoice>) => void;
}

export function ProfileFields({ backbones, choice, disabled, onChange }: ProfileFieldsProps) {
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
