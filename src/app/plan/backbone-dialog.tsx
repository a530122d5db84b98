/**
 * The dialog that adds a backbone from a file or an address, or changes the preprocessing of a
 * stored one.
 */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useStore } from "zustand";
import type { BackboneRow } from "../../models/types";
import { type BackboneForm, canAdd, initialBackboneForm, saveBackbone } from "../state/backbone-form";
import { backbonesStore, cancelAdding, clearBackboneError } from "../state/backbones";
import { attempt } from "../state/notices";
import { closeDialog, viewStore } from "../state/view";
import { Dialog } from "../ui/dialog";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";
import { BackboneSourceFields } from "./backbone-source-fields";
import { CheckpointCheck } from "./checkpoint-check";
import { FeatureField } from "./feature-field";
import { PreprocessingFields } from "./preprocessing-fields";

function PreprocessingChoice({ isOwn, onChange }: { isOwn: boolean; onChange: (isOwn: boolean) => void }) {
  return (
    <NativeSelect
      label="Preprocessing"
      value={isOwn ? "own" : "auto"}
      data={[
        { value: "auto", label: "From the file's input size, ImageNet mean and std" },
        { value: "own", label: "Set it here" },
      ]}
      onChange={(e) => onChange(e.currentTarget.value === "own")}
    />
  );
}

/** Shows the facts of a stored backbone, and the check of checkpoints against it. */
function StoredBackbone({ backbone }: { backbone: BackboneRow }) {
  return (
    <>
      <dl className="facts small">
        <dt>SHA-256</dt>
        <dd className="mono">{backbone.sha256}</dd>
        <dt>Source</dt>
        <dd>{backbone.source || "–"}</dd>
      </dl>
      <CheckpointCheck backbone={backbone} />
    </>
  );
}

interface ActionsProps {
  saveLabel: string;
  canSave: boolean;
  onSave: () => Promise<void>;
}

function Actions({ saveLabel, canSave, onSave }: ActionsProps) {
  const isAdding = useStore(backbonesStore, (s) => s.adding !== null);
  return (
    <div className="row" style={{ justifyContent: "flex-end" }}>
      {isAdding ? (
        <Button onClick={() => attempt(cancelAdding)}>Cancel adding</Button>
      ) : (
        <Button onClick={closeDialog}>Close</Button>
      )}
      <Button variant="filled" disabled={isAdding || !canSave} onClick={() => attempt(onSave)}>
        {saveLabel}
      </Button>
    </div>
  );
}

/** @param backbone the stored backbone to change; undefined adds a new one */
function BackboneFields({ backbone }: { backbone: BackboneRow | undefined }) {
  const { adding, error } = useStore(backbonesStore);
  const [form, setForm] = useState(() => initialBackboneForm(backbone));
  const change = (fields: Partial<BackboneForm>) => setForm((old) => ({ ...old, ...fields }));
  const save = async () => {
    if (await saveBackbone(form, backbone)) closeDialog();
  };
  return (
    <div className="stack">
      {!backbone && <BackboneSourceFields form={form} onChange={change} />}
      <div className="fields wide">
        <TextInput label="Name" value={form.name} onChange={(e) => change({ name: e.currentTarget.value })} />
        <FeatureField id={backbone?.id} value={form.feature} onChange={(feature) => change({ feature })} />
        {!backbone && (
          <PreprocessingChoice
            isOwn={form.hasOwnPreprocessing}
            onChange={(isOwn) => change({ hasOwnPreprocessing: isOwn })}
          />
        )}
      </div>
      {form.hasOwnPreprocessing && (
        <PreprocessingFields value={form.preprocessing} onChange={(preprocessing) => change({ preprocessing })} />
      )}
      {backbone && <StoredBackbone backbone={backbone} />}
      {error && <Message kind="error" text={error} />}
      {adding && <ProgressLine label={`Adding ${adding.name}`} progress={adding.progress} />}
      <Actions
        saveLabel={backbone ? "Save" : "Add and check"}
        canSave={backbone !== undefined || canAdd(form)}
        onSave={save}
      />
    </div>
  );
}

export function BackboneDialog() {
  const { dialog, backboneId } = useStore(viewStore);
  const { backbones, adding } = useStore(backbonesStore);
  const backbone = backbones.find(({ id }) => id === backboneId);
  const close = () => {
    if (adding !== null) return;
    clearBackboneError();
    closeDialog();
  };
  return (
    <Dialog
      opened={dialog === "backbone"}
      onClose={close}
      wide
      title={backbone ? `Preprocessing of ${backbone.name}` : "Add a backbone"}
    >
      <BackboneFields key={backboneId ?? "new"} backbone={backbone} />
    </Dialog>
  );
}
