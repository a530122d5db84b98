/**
 * Chooses where the patients stand: in a column, or in a part of the images' paths. It shows what
 * the choice gives, and why it is suggested.
 */
import { NativeSelect } from "@mantine/core";
import type { PatientPathRule } from "../../bench/plan";
import { patientPathRules } from "../../data/patient-path";
import type { PatientSource } from "../../data/types";
import type { TablePreview } from "../../worker/protocol";
import { type ChosenColumns, choosePatients } from "../state/opening";

/** A column may have any name, so that rules need values that no column has. */
const rulePrefix = "path:";

const optionOf = ({ patient, patientFromPath }: PatientSource): string =>
  patient || (patientFromPath ? `${rulePrefix}${patientFromPath}` : "");

interface PatientFieldProps {
  preview: TablePreview;
  columns: ChosenColumns;
}

export function PatientField({ preview: { columns: names, patients }, columns }: PatientFieldProps) {
  const rules = Object.keys(patients?.paths ?? {}) as PatientPathRule[];
  const value = optionOf({ patient: columns.patient, patientFromPath: columns.patientFromPath || undefined });
  const choose = (next: string) => {
    const rule = rules.find((one) => next === `${rulePrefix}${one}` && !names.includes(next));
    choosePatients(rule ? { patientFromPath: rule } : { patient: next || undefined });
  };
  return (
    <NativeSelect
      label="Patient column"
      value={value}
      data={[
        { value: "", label: "None: split image by image" },
        ...names,
        ...rules.map((rule) => ({ value: `${rulePrefix}${rule}`, label: patientPathRules[rule].label })),
      ]}
      description={<PatientNote patients={patients} columns={columns} value={value} />}
      inputWrapperOrder={["label", "input", "description", "error"]}
      onChange={(e) => choose(e.currentTarget.value)}
    />
  );
}

function PatientNote({
  patients,
  columns,
  value,
}: Pick<TablePreview, "patients"> & { columns: ChosenColumns; value: string }) {
  const suggestion = patients?.suggestion;
  const suggested = suggestion && optionOf(suggestion);
  if (value === "") {
    const hint =
      suggestion && ` ${suggestion.patient ?? "A part of the paths"} looks like the patient: ${suggestion.reason}.`;
    return (
      <>
        Images of one patient may stand on both sides of a split, which flatters results.{hint} If each patient has one
        image, choose the image column.
      </>
    );
  }
  const facts = columns.patientFromPath ? patients?.paths[columns.patientFromPath] : patients?.columns[columns.patient];
  const gives = value === suggested ? `Suggested: ${suggestion?.reason}. ` : facts ? `${facts}. ` : "";
  return <>{gives}Images of one patient never stand on both sides of a split</>;
}
