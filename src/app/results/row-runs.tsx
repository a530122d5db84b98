/**
 * The runs behind one row, one at a time: files, training curve, and the conditions under which it
 * ran.
 */
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { RunRecord } from "../../bench/record";
import { chartsAt } from "../charts";
import { featureFitOf, type RunFact, runFacts, runInput, runName } from "./run-facts";
import { RunFiles } from "./run-files";

function FactList({ facts }: { facts: readonly RunFact[] }) {
  return (
    <dl className="facts small">
      {facts.map(({ label, text, isCode }) => (
        <div key={`${label}/${text}`} style={{ display: "contents" }}>
          <dt>{label}</dt>
          <dd className={isCode && "mono"}>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

export function RowRuns({ records }: { records: readonly RunRecord[] }) {
  const [runId, setRunId] = useState("");
  const run = records.find(({ id }) => id === runId) ?? records[0];
  const fit = featureFitOf(run);
  const input = runInput(run);
  const warnings = [...new Set(records.flatMap((record) => record.warnings))];
  return (
    <details className="disclosure ruled-top">
      <summary>
        Its {records.length} runs: training curves, conditions, downloads
        {warnings.length > 0 ? `, ${warnings.length} warnings` : ""}
      </summary>
      <div className="stack">
        <NativeSelect
          label="Run"
          maw={240}
          value={run.id}
          data={records.map((record) => ({ value: record.id, label: runName(record) }))}
          onChange={(e) => setRunId(e.currentTarget.value)}
        />
        <RunFiles key={run.id} runId={run.id} isHeadless={fit?.kind === "training-free" && !fit.hasHead} />
        {input && chartsAt("run").map(({ figure }) => figure(input))}
        <FactList facts={[...runFacts(run), ...warnings.map((text) => ({ label: "Warning", text }))]} />
      </div>
    </details>
  );
}
