/** Whether an adapter's two files, PEFT's or ours, fit a stored backbone: what they are, or the first thing that does not fit. */
import { FileInput } from "@mantine/core";
import { useState } from "react";
import { detailsOf, type ErrorDetails } from "../../base";
import type { BackboneRow } from "../../models/types";
import type { AdapterCheck } from "../../worker/protocol";
import { methodMeta } from "../state/methods";
import { services } from "../state/services";
import { count } from "../ui/format";
import { Message } from "../ui/message";

type Outcome = { check: AdapterCheck } | { error: ErrorDetails } | "checking" | null;

const partsOf = (files: readonly File[]) => ({
  config: files.find(({ name }) => name.endsWith("config.json")),
  tensors: files.find(({ name }) => name.endsWith(".safetensors")),
});

/** Settings by the labels of the method's form; those that hold nothing are left out. */
function settingsOf({ method, config }: AdapterCheck): [label: string, text: string][] {
  const labelOf = (key: string) => methodMeta(method)?.config.find((row) => row.key === key)?.label ?? key;
  const filled = Object.entries(config).filter(
    ([, value]) => typeof value !== "object" || (value !== null && Object.keys(value).length > 0),
  );
  return filled.map(([key, value]) => [labelOf(key), settingText(value)]);
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function Found({ check }: { check: AdapterCheck }) {
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
  const [outcome, setOutcome] = useState<Outcome>(null);
  const { config, tensors } = partsOf(files);

  const choose = async (chosen: File[]) => {
    setFiles(chosen);
    const { config, tensors } = partsOf(chosen);
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
        {outcome !== null && typeof outcome === "object" && "check" in outcome && <Found check={outcome.check} />}
      </div>
    </details>
  );
}
