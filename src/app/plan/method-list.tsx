/** Lists the methods of the plan, each with the form that its settings declare. */
import { ActionIcon, Button, Menu, NativeSelect, VisuallyHidden } from "@mantine/core";
import { IconExternalLink, IconPlus, IconX } from "@tabler/icons-react";
import { useStore } from "zustand";
import { type MethodMeta, methodMeta, methods, presetsOf, shownConfig } from "../state/methods";
import {
  addMethod,
  changeMethod,
  choosePreset,
  type DraftMethod,
  draftStore,
  presetLabel,
  removeMethod,
} from "../state/plan-draft";
import { Panel } from "../ui/panel";
import { OwnTraining } from "./own-training";
import { SettingField } from "./setting-field";

interface MethodListProps {
  problems: Record<string, string | undefined>;
}

/** Chooses a preset. Settings that match no preset have the label "Own settings". */
function PresetField({ method, meta }: { method: DraftMethod; meta: MethodMeta }) {
  const own = "Own settings";
  const label = presetLabel(method);
  const labels = presetsOf(meta).map((p) => p.label);
  return (
    <NativeSelect
      className="span-two"
      label="Preset"
      value={label ?? own}
      data={label === null ? [own, ...labels] : labels}
      onChange={(e) => choosePreset(method, e.currentTarget.value)}
    />
  );
}

function MethodEntry({ method, problems }: { method: DraftMethod } & MethodListProps) {
  const meta = methodMeta(method.id);
  if (!meta) return null;
  const fields = shownConfig(meta);
  const misfit = problems[`method.${method.key}`];
  const set = (key: string, value: unknown) => changeMethod(method.key, { config: { ...method.config, [key]: value } });
  return (
    <li className="choice method">
      <fieldset className="plain">
        <VisuallyHidden component="legend">{meta.label}</VisuallyHidden>
        <div className="row between" style={{ flexWrap: "nowrap", alignItems: "flex-start" }}>
          <div>
            <strong>{meta.label}</strong>{" "}
            {meta.paper && (
              <a className="small" href={meta.paper} target="_blank" rel="noreferrer">
                paper <IconExternalLink size={11} aria-hidden />
                <VisuallyHidden>on {meta.label} (opens in a new tab)</VisuallyHidden>
              </a>
            )}
            <p className="dim small">{meta.description}</p>
            {misfit && <p className="field-error">{misfit}</p>}
          </div>
          <ActionIcon aria-label={`Remove ${meta.label}`} onClick={() => removeMethod(method.key)}>
            <IconX size={15} />
          </ActionIcon>
        </div>
        {fields.length > 0 && (
          <div className="fields wide method-fields">
            {meta.presets && <PresetField method={method} meta={meta} />}
            {fields.map((row) => (
              <SettingField
                key={row.key}
                row={row}
                value={method.config[row.key]}
                problem={problems[`method.${method.key}.${row.key}`]}
                hasSteppers
                onChange={(value) => set(row.key, value)}
              />
            ))}
          </div>
        )}
        <OwnTraining method={method} problems={problems} />
      </fieldset>
    </li>
  );
}

export function MethodList({ problems }: MethodListProps) {
  const chosen = useStore(draftStore, (s) => s.methods);
  return (
    <Panel
      title="Methods"
      flush
      tools={
        <Menu position="bottom-end" shadow="sm">
          <Menu.Target>
            <Button leftSection={<IconPlus size={14} aria-hidden />}>Add a method</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {methods.map((m) => (
              <Menu.Item key={m.id} onClick={() => addMethod(m.id)}>
                {m.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      }
    >
      <ul className="plain-list choices">
        {chosen.map((method) => (
          <MethodEntry key={method.key} method={method} problems={problems} />
        ))}
      </ul>
      {problems.methods && <p className="field-error panel-foot">{problems.methods}</p>}
    </Panel>
  );
}
