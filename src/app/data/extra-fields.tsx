/** The columns beside image, outcome and patient: centre, split, and those kept for subgroups. */
import { NativeSelect } from "@mantine/core";
import type { TablePreview } from "../../worker/protocol";
import { ChipsField } from "../plan/chips-field";
import { chooseExtra, type OpeningState } from "../state/opening";

const fieldOrder = ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[];
const SHOWN_VALUES = 6;

/** "centre “hospital”; kept sex, view", or what the columns are for. */
function summaryOf({ centre, split, kept = [] }: OpeningState["extra"]): string {
  const named = [
    centre && `centre “${centre}”`,
    split && `split “${split}”`,
    kept.length > 0 && `kept ${kept.join(", ")}`,
  ];
  return named.filter(Boolean).join("; ") || "centre, published split, subgroups";
}

export function ExtraFields({ state, preview }: { state: OpeningState; preview: TablePreview }) {
  const { columns, extra } = state;
  const free = preview.columns.filter((column) => column !== columns.image && column !== columns.outcome);
  const valuesIn = (column: string) => {
    const values = (preview.values[column] ?? []).map(({ value }) => value || "(blank)");
    return values.slice(0, SHOWN_VALUES).join(", ") + (values.length > SHOWN_VALUES ? ", …" : "");
  };
  const field = (key: "centre" | "split", label: string, help: string) => (
    <NativeSelect
      label={label}
      value={extra[key] ?? ""}
      data={[{ value: "", label: "None" }, ...free]}
      description={extra[key] ? `Values: ${valuesIn(extra[key])}` : help}
      inputWrapperOrder={fieldOrder}
      onChange={(e) => chooseExtra({ [key]: e.currentTarget.value || undefined })}
    />
  );
  return (
    <details className="disclosure">
      <summary>More columns: {summaryOf(extra)}</summary>
      <div className="fields wide">
        {field("centre", "Centre column", "The hospital or site: a split can test on one that training has not seen")}
        {field("split", "Split column", "Says which images train, validate and test, as published")}
        <ChipsField
          label="Columns to keep"
          description="Stored with the images, for subgroups such as sex, age or view"
          choices={free}
          value={extra.kept ?? []}
          onChange={(kept) => chooseExtra({ kept: kept.length > 0 ? kept : undefined })}
        />
      </div>
    </details>
  );
}
