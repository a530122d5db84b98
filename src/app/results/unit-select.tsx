/** Chooses what the figures are about: images or patients. */
import { NativeSelect } from "@mantine/core";
import type { EvaluationUnit } from "../../bench/unit";
import { showUnit } from "../state/selection";
import { unitChoices } from "../state/units";

interface UnitSelectProps {
  unit: EvaluationUnit;
  /** The unit that the plan fixed; undefined for a whole dataset. */
  planned: EvaluationUnit | undefined;
}

export function UnitSelect({ unit, planned }: UnitSelectProps) {
  return (
    <NativeSelect
      aria-label="Unit of evaluation"
      value={unit}
      data={unitChoices.map(({ value, label }) => ({ value, label: value === planned ? `${label} (planned)` : label }))}
      onChange={(e) => showUnit(e.currentTarget.value as EvaluationUnit)}
    />
  );
}
