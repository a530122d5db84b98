/**
 * One field for each column that the import reads, with what its choice gives, and the dataset's
 * name.
 */
import { NativeSelect, TextInput } from "@mantine/core";
import type { TablePreview } from "../../worker/protocol";
import {
  type ColumnRole,
  chooseColumn,
  type OpeningState,
  openingProblems,
  outcomeValues,
  setName,
} from "../state/opening";
import { plural } from "../ui/format";
import { PatientField } from "./patient-field";

interface ColumnFieldProps {
  column: ColumnRole;
  label: string;
  value: string;
  columns: readonly string[];
  /** Label of the option "no column". */
  none: string;
  description?: string;
  problem?: string;
}

function ColumnField({ column, label, value, columns, none, description, problem }: ColumnFieldProps) {
  return (
    <NativeSelect
      label={label}
      value={value}
      data={[{ value: "", label: none }, ...columns]}
      error={problem}
      description={description}
      inputWrapperOrder={["label", "input", "description", "error"]}
      onChange={(e) => chooseColumn(column, e.currentTarget.value)}
    />
  );
}

export function ColumnFields({ state, preview }: { state: OpeningState; preview: TablePreview }) {
  const { columns, images, name } = state;
  const problems = openingProblems(state);
  const matches = preview.matches?.[columns.image];
  return (
    <div className="fields wide">
      <ColumnField
        column="image"
        label="Image column"
        value={columns.image}
        columns={preview.columns}
        none="Choose…"
        description={
          matches === undefined
            ? undefined
            : `${matches} of ${preview.rowCount} rows name one of ${images.length} opened images`
        }
        problem={problems.image}
      />
      <ColumnField
        column="outcome"
        label="Outcome column"
        value={columns.outcome}
        columns={preview.columns}
        none="Choose…"
        description={columns.outcome ? plural(outcomeValues(state).length, "value") : undefined}
        problem={problems.outcome}
      />
      <PatientField preview={preview} columns={columns} />
      <TextInput
        label="Name of the dataset"
        value={name}
        error={problems.name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
    </div>
  );
}
