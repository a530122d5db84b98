/** Step 3: the stored records as tables and charts, which change while runs finish. */
import { Button, NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import { aggregate } from "../../bench/aggregate";
import { metrics } from "../../bench/metrics";
import { hasSeveralImages } from "../../bench/unit";
import { recordsByUnit } from "../../bench/unit-records";
import { ComparisonPanel } from "../results/comparison";
import { ExportMenu } from "../results/export-menu";
import { Live } from "../results/live";
import { RowDetail } from "../results/row-detail";
import { UnitSelect } from "../results/unit-select";
import { useScoped } from "../results/use-scoped";
import { datasetsStore } from "../state/datasets";
import { recordsStore } from "../state/records";
import { selectionStore, showMetric, showScope } from "../state/selection";
import { Message } from "../ui/message";
import "../styles/results.css";

export default function ResultsScreen() {
  const [, go] = useLocation();
  const { all, scope, scoped, gone } = useScoped();
  const selection = useStore(selectionStore);
  const datasets = useStore(datasetsStore, (s) => s.datasets);
  const loaded = useStore(recordsStore, (s) => s.loaded);
  const decides = scoped?.primary?.metric;
  const metric = metrics.find((m) => m.id === (selection.metric ?? decides)) ?? metrics[0];
  const records = scoped?.records ?? [];
  const unit = selection.unit ?? scoped?.unit ?? "image";
  const rows = useMemo(
    () => (scoped ? aggregate(recordsByUnit(scoped.records, unit), { planned: scoped.planned }) : []),
    [scoped, unit],
  );
  const finished = rows.filter((r) => r.n > 0);
  const row = finished.find((r) => r.key === selection.rowKey) ?? finished[0];
  const runIds = row?.runIds;
  const ownRecords = useMemo(() => {
    const ids = new Set(runIds);
    return (scoped?.records ?? []).filter((r) => ids.has(r.id));
  }, [scoped, runIds]);
  const datasetId = datasets.find((d) => d.fingerprint === ownRecords[0]?.config.dataset)?.id;
  const groups = [...new Set(all.map((s) => s.group))];
  return (
    <>
      <div className="page-head">
        <h1>Results</h1>
        {scope && (
          <div className="row">
            <NativeSelect
              aria-label="Runs shown"
              className="scope"
              value={scope.id}
              data={groups.map((group) => ({
                group,
                items: all.filter((s) => s.group === group).map((s) => ({ value: s.id, label: s.label })),
              }))}
              onChange={(e) => showScope(e.currentTarget.value)}
            />
            <NativeSelect
              aria-label="Metric"
              value={metric.id}
              data={metrics.map((m) => ({ value: m.id, label: m.id === decides ? `${m.label} (decides)` : m.label }))}
              onChange={(e) => showMetric(e.currentTarget.value)}
            />
            {records.some((r) => r.dataset.grouping === "patient" && hasSeveralImages(r.predictions)) && (
              <UnitSelect unit={unit} planned={scoped?.unit} />
            )}
            <ExportMenu {...scoped} records={records} unit={unit} />
          </div>
        )}
      </div>
      <div className="stack">
        <Live />
        {!scope && loaded && (
          <div className="panel empty stack">
            <p>No run has finished yet. Results appear here as soon as the first one has.</p>
            <div className="row">
              <Button onClick={() => go("/plan")}>Write a plan</Button>
              <Button onClick={() => go("/")}>Open data or run the demo</Button>
            </div>
          </div>
        )}
        {gone && (
          <Message
            kind="warning"
            text={{
              title: "The dataset or a backbone of this plan is no longer stored, so its runs cannot be told apart.",
              remedy: "choose “All runs of a dataset” above; the records themselves are kept.",
            }}
          />
        )}
        {scoped && records.length === 0 && <p className="panel empty">No run of this selection has finished yet.</p>}
        {scoped && records.length > 0 && (
          <ComparisonPanel scoped={scoped} unit={unit} metric={metric} rowKey={row?.key ?? null} />
        )}
        {row && ownRecords.length > 0 && (
          <RowDetail rows={rows} row={row} records={ownRecords} unit={unit} datasetId={datasetId} />
        )}
      </div>
    </>
  );
}
