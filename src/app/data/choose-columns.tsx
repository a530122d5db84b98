/** Which columns name the image, the outcome and the patient; what each choice gives, at once. */
import { Button, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useStore } from "zustand";
import { attempt } from "../state/notices";
import {
  chooseColumn,
  closeOpening,
  importOpened,
  openingProblems,
  openingStore,
  openLabels,
  outcomeValues,
  setName,
  setPositive,
} from "../state/opening";
import { plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";
import { OpenControls } from "./open-controls";
import { OutcomeValues } from "./outcome-values";
import { TablePreviewView } from "./table-preview";

export function ChooseColumns() {
  const state = useStore(openingStore);
  const { preview, columns, images, tables, labels } = state;
  const problems = openingProblems(state);
  const ready = preview !== null && Object.keys(problems).length === 0;
  const names = preview?.columns ?? [];
  const matches = preview?.matches?.[columns.image];
  const values = outcomeValues(state);
  return (
    <Panel
      title="Choose columns"
      note={`${plural(images.length, "image")} opened${state.folderName ? ` from “${state.folderName}”` : ""}${
        state.others.length > 0 ? `, ${plural(state.others.length, "other file")} left out` : ""
      }`}
      tools={<OpenControls compact />}
    >
      <div className="stack">
        {state.error && <Message kind="error" text={state.error} />}
        {(problems.images || problems.labels) && !state.error && (
          <Message kind="info" text={problems.images ?? problems.labels ?? ""} />
        )}
        {tables.length > 1 && (
          <NativeSelect
            label="Table"
            value={labels?.path}
            data={tables.map((t) => t.path)}
            description={state.tableReason || undefined}
            inputWrapperOrder={["label", "input", "description", "error"]}
            maw={480}
            onChange={(e) => {
              const table = tables.find((t) => t.path === e.currentTarget.value);
              if (table) attempt(() => openLabels(table));
            }}
          />
        )}
        {preview && (
          <>
            <div className="fields wide">
              <NativeSelect
                label="Image column"
                value={columns.image}
                data={[{ value: "", label: "Choose…" }, ...names]}
                error={problems.image}
                description={
                  matches === undefined
                    ? undefined
                    : `${matches} of ${preview.rowCount} rows name one of ${images.length} opened images`
                }
                inputWrapperOrder={["label", "input", "description", "error"]}
                onChange={(e) => chooseColumn("image", e.currentTarget.value)}
              />
              <NativeSelect
                label="Outcome column"
                value={columns.outcome}
                data={[{ value: "", label: "Choose…" }, ...names]}
                error={problems.outcome}
                description={columns.outcome ? `${plural(values.length, "value")}` : undefined}
                inputWrapperOrder={["label", "input", "description", "error"]}
                onChange={(e) => chooseColumn("outcome", e.currentTarget.value)}
              />
              <NativeSelect
                label="Patient column"
                value={columns.patient}
                data={[{ value: "", label: "None: split image by image" }, ...names]}
                description={
                  columns.patient
                    ? "Images of one patient never stand on both sides of a split"
                    : "Images of one patient may stand on both sides of a split, which flatters results"
                }
                inputWrapperOrder={["label", "input", "description", "error"]}
                onChange={(e) => chooseColumn("patient", e.currentTarget.value)}
              />
              <TextInput
                label="Name of the dataset"
                value={state.name}
                error={problems.name}
                onChange={(e) => setName(e.currentTarget.value)}
              />
            </div>
            {columns.outcome && values.length > 0 && (
              <div className="row end" style={{ gap: 24, alignItems: "flex-start" }}>
                <OutcomeValues values={values} rows={preview.rowCount} positive={state.positive} />
                {values.length === 2 && (
                  <div>
                    <span className="field-label" id="positive-label">
                      Positive class
                    </span>
                    <SegmentedControl
                      aria-labelledby="positive-label"
                      data={values.map((v) => v.value)}
                      value={state.positive}
                      onChange={setPositive}
                    />
                  </div>
                )}
              </div>
            )}
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
