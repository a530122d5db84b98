/** Chooses the backbones that the plan compares, and shows their preprocessing and their checks. */
import { ActionIcon, Button, Checkbox } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { BackboneRow } from "../../models/types";
import { backbonesStore, deleteBackbone } from "../state/backbones";
import { attempt } from "../state/notices";
import { draftStore, toggleBackbone } from "../state/plan-draft";
import { openDialog } from "../state/view";
import { ConfirmButton } from "../ui/confirm-button";
import { byteSize } from "../ui/format";
import { Panel } from "../ui/panel";
import { BackboneCheckView } from "./backbone-check";

const origins = { embedded: "comes with Radapt", file: "opened from a file", url: "pulled by address" };

function BackboneChoice({ backbone, chosen }: { backbone: BackboneRow; chosen: boolean }) {
  const check = useStore(backbonesStore, (s) => s.checks[backbone.id]);
  const p = backbone.preprocessing;
  return (
    <li className="choice">
      <Checkbox
        checked={chosen}
        label={<strong>{backbone.name}</strong>}
        onChange={(e) => toggleBackbone(backbone.id, e.currentTarget.checked)}
        description={
          <>
            {origins[backbone.origin]} · {byteSize(backbone.bytes)} · {p.size} px, {p.interpolation}, {p.crop}
            {backbone.licence && ` · ${backbone.licence}`}
            {backbone.notes?.map((note) => (
              <span key={note}> · {note}</span>
            ))}
          </>
        }
      />
      <div className="row choice-tools">
        <ActionIcon
          aria-label={`Preprocessing of ${backbone.name}`}
          onClick={() => openDialog("backbone", backbone.id)}
        >
          <IconPencil size={15} />
        </ActionIcon>
        {backbone.origin !== "embedded" && (
          <ConfirmButton
            question={`Delete “${backbone.name}”?`}
            consequence={`Its file (${byteSize(backbone.bytes)}) is removed from this browser. Stored results stay.`}
            confirmLabel="Delete backbone"
            aria-label={`Delete ${backbone.name}`}
            variant="subtle"
            color="gray"
            px={7}
            onConfirm={() => {
              toggleBackbone(backbone.id, false);
              attempt(() => deleteBackbone(backbone.id));
            }}
          >
            <IconTrash size={15} aria-hidden />
          </ConfirmButton>
        )}
      </div>
      {check && <BackboneCheckView check={check} />}
    </li>
  );
}

export function BackbonePicker({ problem }: { problem?: string }) {
  const { backbones, loaded } = useStore(backbonesStore);
  const chosen = useStore(draftStore, (s) => s.backboneIds);
  return (
    <Panel
      title="Backbones"
      flush
      tools={
        <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => openDialog("backbone")}>
          Add a backbone
        </Button>
      }
    >
      {loaded && backbones.length === 0 && <p className="empty">No backbone yet: add an .onnx file.</p>}
      <ul className="plain-list choices">
        {backbones.map((backbone) => (
          <BackboneChoice key={backbone.id} backbone={backbone} chosen={chosen.includes(backbone.id)} />
        ))}
      </ul>
      {problem && <p className="field-error panel-foot">{problem}</p>}
    </Panel>
  );
}
