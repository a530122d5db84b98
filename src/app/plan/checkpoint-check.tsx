/**
 * Checks if an adapter's two files, from PEFT or Radapt, fit a stored backbone. Shows their
 * content, or the first thing that does not fit.
 */
import { FileInput } from "@mantine/core";
import { useState } from "react";
import { detailsOf, type ErrorDetails } from "../../base";
import type { BackboneRow } from "../../models/types";
import type { AdapterCheck } from "../../worker/protocol";
import { methodMeta, settingLabel } from "../state/methods";
import { services } from "../state/services";
import { count } from "../ui/format";
import { Message } from "../ui/message";

type CheckState = { check: AdapterCheck } | { error: ErrorDetails } | "checking" | null;

const adapterFiles = (files: readonly File[]) => ({
  config: files.find(({ name }) => name.endsWith("config.json")),
  tensors: files.find(({ name }) => name.endsWith(".safetensors")),
});

/** Settings with the labels of the method's form, without those that are empty. */
function settingsOf({ method, config }: AdapterCheck): [label: string, text: string][] {
  const filled = Object.entries(config).filter(
    ([, value]) => typeof value !== "object" || (value !== null && Object.keys(value).length > 0),
  );
  return filled.map(([key, value]) => [settingLabel(methodMeta(method), key), settingText(value)]);
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function FoundAdapter({ check }: { check: AdapterCheck }) {
  return (
    <dl className="facts small" data-testid="checkpoint-check">
      <dt>Fits</dt>
      <dd>{check.label}</dd>
      <dt>Holds</dt>
      <dd>
        {count(check.numbers)} numbers in {count(check.tensors)} tensors,{" "}
        {check.classes === null ? "no head" : `a head of ${check.classes} classes`}
      </dd>
      {settingsOf(check).map(([label, text]) => (
        <div key={label} style={{ display: "contents" }}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

export function CheckpointCheck({ backbone }: { backbone: BackboneRow }) {
  const [files, setFiles] = useState<File[]>([]);
  const [outcome, setOutcome] = useState<CheckState>(null);
  const { config, tensors } = adapterFiles(files);

  const choose = async (chosen: File[]) => {
    setFiles(chosen);
    const { config, tensors } = adapterFiles(chosen);
    if (!config || !tensors) return setOutcome(null);
    setOutcome("checking");
    try {
      setOutcome({ check: await services().worker.checkAdapter(backbone.id, { config, tensors }) });
    } catch (error) {
      setOutcome({ error: detailsOf(error) });
    }
  };
  const lacks = [!config && "adapter_config.json", !tensors && "adapter_model.safetensors"]
    .filter(Boolean)
    .join(" and ");
  return (
    <details className="disclosure dialog-part">
      <summary>Check a checkpoint against this backbone</summary>
      <div className="stack">
        <FileInput
          label="Adapter files"
          placeholder="Choose adapter_config.json and adapter_model.safetensors"
          description="As Hugging Face PEFT or Radapt saves them; nothing is trained or stored"
          inputWrapperOrder={["label", "input", "description", "error"]}
          multiple
          clearable
          value={files}
          error={files.length > 0 && lacks ? `Choose ${lacks} as well.` : undefined}
          onChange={choose}
        />
        {outcome === "checking" && <p className="small dim">Reading the backbone…</p>}
        {outcome !== null && typeof outcome === "object" && "error" in outcome && (
          <Message kind="error" text={outcome.error} />
        )}
        {outcome !== null && typeof outcome === "object" && "check" in outcome && (
          <FoundAdapter check={outcome.check} />
        )}
      </div>
    </details>
  );
}
