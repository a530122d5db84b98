/**
 * Chooses the columns of the image, the outcome and the patient, and shows at once what each choice
 * gives.
 */
import { Button, NativeSelect } from "@mantine/core";
import { useStore } from "zustand";
import { attempt } from "../state/notices";
import {
  closeOpening,
  importOpened,
  type OpeningState,
  openingProblems,
  openingStore,
  openLabels,
} from "../state/opening";
import { plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";
import { ColumnFields } from "./column-fields";
import { ExtraFields } from "./extra-fields";
import { OpenControls } from "./open-controls";
import { OutcomeChoice } from "./outcome-choice";
import { TablePreviewView } from "./table-preview";

/** "12 images opened from “chest”, 2 other files left out". */
function openedNote({ images, folderName, others }: OpeningState): string {
  const from = folderName ? ` from “${folderName}”` : "";
  const leftOut = others.length > 0 ? `, ${plural(others.length, "other file")} left out` : "";
  return `${plural(images.length, "image")} opened${from}${leftOut}`;
}

/** Chooses the table with the outcomes; hidden if there is only one table. */
function TableChoice({ state: { tables, labels, tableReason } }: { state: OpeningState }) {
  if (tables.length < 2) return null;
  const choose = (path: string) => {
    const table = tables.find((t) => t.path === path);
    if (table) attempt(() => openLabels(table));
  };
  return (
    <NativeSelect
      label="Table"
      value={labels?.path}
      data={tables.map((table) => table.path)}
      description={tableReason || undefined}
      inputWrapperOrder={["label", "input", "description", "error"]}
      maw={480}
      onChange={(e) => choose(e.currentTarget.value)}
    />
  );
}

export function ChooseColumns() {
  const state = useStore(openingStore);
  const { preview, columns, error } = state;
  const problems = openingProblems(state);
  const missing = problems.images ?? problems.labels;
  const ready = preview !== null && Object.keys(problems).length === 0;
  return (
    <Panel title="Choose columns" note={openedNote(state)} tools={<OpenControls compact />}>
      <div className="stack">
        {error && <Message kind="error" text={error} />}
        {missing && !error && <Message kind="info" text={missing} />}
        <TableChoice state={state} />
        {preview && (
          <>
            <ColumnFields state={state} preview={preview} />
            <ExtraFields state={state} preview={preview} />
            <OutcomeChoice state={state} rowCount={preview.rowCount} />
            <TablePreviewView preview={preview} columns={columns} />
          </>
        )}
        <div className="row">
          <Button variant="filled" disabled={!ready} onClick={() => attempt(importOpened)}>
            Import
          </Button>
          <Button onClick={closeOpening}>Discard</Button>
        </div>
      </div>
    </Panel>
  );
}
