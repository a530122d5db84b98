/** What decides the study: the metric, the pairs that are judged, and which difference matters. */
import { NativeSelect, NumberInput } from "@mantine/core";
import { useStore } from "zustand";
import { metricOf, metrics } from "../../bench/metrics";
import { type EvaluationUnit, hasSeveralImages, unitInWords } from "../../bench/unit";
import type { DatasetRow } from "../../data/types";
import { datasetsStore, selectedDataset } from "../state/datasets";
import { methodMeta } from "../state/methods";
import {
  choosePrimaryMetric,
  type DraftMethod,
  draftStore,
  draftUnit,
  setDraft,
  setPrimary,
} from "../state/plan-draft";
import { unitChoices } from "../state/units";
import { capitalised } from "../ui/format";
import { Panel } from "../ui/panel";
import { PowerNote } from "./power-note";

/** The methods by name; two entries of one method get their position in the list. */
function methodNames(methods: readonly DraftMethod[]): { value: string; label: string }[] {
  return methods.map(({ key, id }, i) => {
    const label = methodMeta(id)?.label ?? id;
    const isAlone = methods.filter((other) => other.id === id).length === 1;
    return { value: key, label: isAlone ? `Each with ${label}` : `Each with ${label} (method ${i + 1})` };
  });
}

/** Chooses image or patient; only shown for a dataset where they differ. */
function UnitField({ dataset }: { dataset: DatasetRow }) {
  const draft = useStore(draftStore);
  if (dataset.grouping !== "patient" || !hasSeveralImages(dataset.images)) return null;
  const unit = draftUnit(draft, dataset);
  return (
    <NativeSelect
      label="Unit of evaluation"
      value={unit}
      data={unitChoices}
      description={`${capitalised(unitInWords(unit))}. Results show the other unit beside it`}
      inputWrapperOrder={["label", "input", "description", "error"]}
      onChange={(e) => setDraft({ unit: e.currentTarget.value as EvaluationUnit })}
    />
  );
}

export function PrimaryFields({ problems }: { problems: Record<string, string | undefined> }) {
  const { primary, methods } = useStore(draftStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const metric = metricOf(primary.metric);
  const order = ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[];
  return (
    <Panel title="What decides" note="fixed at the start">
      <div className="stack">
        <div className="fields wide">
          <NativeSelect
            label="Deciding metric"
            value={primary.metric}
            data={metrics.map(({ id, label }) => ({ value: id, label }))}
            onChange={(e) => choosePrimaryMetric(e.currentTarget.value)}
          />
          <NativeSelect
            label="Compare"
            value={primary.reference ?? ""}
            disabled={methods.length < 2}
            data={[{ value: "", label: "Every method with every other" }, ...methodNames(methods)]}
            description="Fewer comparisons find smaller differences"
            inputWrapperOrder={order}
            onChange={(e) => setPrimary({ reference: e.currentTarget.value || null })}
          />
          <NumberInput
            label="Differences that do not matter"
            value={primary.equivalence}
            min={0}
            step={0.005}
            error={problems.equivalence}
            description={`Methods closer than this count as equal in practice. Suggested for ${metric.label}: ${metric.equivalence}`}
            inputWrapperOrder={order}
            onChange={(n) => setPrimary({ equivalence: n === "" ? Number.NaN : Number(n) })}
          />
          {dataset && <UnitField dataset={dataset} />}
        </div>
        <p className="dim small">
          {metric.description} Only differences in this metric count as findings. Whoever picks the metric after seeing
          the results finds a difference by chance too often, so all other metrics stay exploratory.
        </p>
        <PowerNote />
      </div>
    </Panel>
  );
}
