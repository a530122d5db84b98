/** Behind one row of the table: its curves, its confusion, its predictions, its images. */
import { NativeSelect } from "@mantine/core";
import { Fragment, useState } from "react";
import type { AggregateRow } from "../../bench/aggregate";
import type { RunRecord } from "../../bench/record";
import { ConfusionMatrix } from "../charts/confusion-matrix";
import { PrChart } from "../charts/pr-chart";
import { RocChart } from "../charts/roc-chart";
import { TrainingCurve } from "../charts/training-curve";
import { methodMeta } from "../state/methods";
import { showRow } from "../state/selection";
import { count, plural } from "../ui/format";
import { Panel } from "../ui/panel";
import { choiceText, headRatesText, penaltyText } from "./head-rates-text";
import { Predictions } from "./predictions";
import { RunFiles } from "./run-files";

interface RowDetailProps {
  rows: readonly AggregateRow[];
  row: AggregateRow;
  records: readonly RunRecord[];
  /** Stored dataset that holds the images; undefined when it was deleted. */
  datasetId: string | undefined;
}

const runName = (r: RunRecord) => `Fold ${r.config.fold + 1}, seed ${r.config.seed}`;

export function RowDetail({ rows, row, records, datasetId }: RowDetailProps) {
  const [cell, setCell] = useState<{ truth: string; decision: string } | null>(null);
  const [runId, setRunId] = useState("");
  const run = records.find((r) => r.id === runId) ?? records[0];
  const meta = methodMeta(run.config.method.id);
  const fit = meta?.fit?.(run.config.method.config);
  const labelOf = (key: string) => meta?.config.find((row) => row.key === key)?.label ?? key;
  const warnings = [...new Set(records.flatMap((r) => r.warnings))];
  return (
    <Panel
      title="Behind the numbers"
      flush
      tools={
        <NativeSelect
          aria-label="Row looked into"
          value={row.key}
          data={rows
            .filter((r) => r.n > 0)
            .map((r) => ({ value: r.key, label: `${r.method} on ${r.backbone}, ${r.regimeLabel}` }))}
          onChange={(e) => showRow(e.currentTarget.value)}
        />
      }
    >
      <div className="charts three ruled">
        <RocChart records={records} />
        <PrChart records={records} />
        <ConfusionMatrix
          records={records}
          chosen={cell}
          onChoose={(next) => setCell(cell?.truth === next.truth && cell.decision === next.decision ? null : next)}
        />
      </div>
      <Predictions
        key={row.key}
        records={records}
        datasetId={datasetId}
        cell={cell}
        onClearCell={() => setCell(null)}
      />
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
            data={records.map((r) => ({ value: r.id, label: runName(r) }))}
            onChange={(e) => setRunId(e.currentTarget.value)}
          />
          <RunFiles key={run.id} runId={run.id} isHeadless={fit?.kind === "training-free" && !fit.hasHead} />
          {fit?.kind !== "training-free" && (
            <TrainingCurve
              curve={run.curve}
              caption={`${runName(run)}: ${fit ? `${run.epochs} iterations` : `best epoch ${run.bestEpoch} of ${run.epochs}`}`}
              unit={fit ? "Iteration" : "Epoch"}
            />
          )}
          <dl className="facts small">
            <dt>Split</dt>
            <dd>
              {run.split.train.length} training, {run.split.val.length} validation, {run.split.test.length} test images
            </dd>
            {run.storedNumbers !== undefined && (
              <>
                <dt>Training</dt>
                <dd>None; predicts with {count(run.storedNumbers)} numbers from the training images</dd>
              </>
            )}
            {run.choices?.map((choice) => (
              <Fragment key={Object.keys(choice.chosen).join()}>
                <dt>Settings</dt>
                <dd>{choiceText(choice, labelOf)}</dd>
              </Fragment>
            ))}
            {run.penalty && (
              <>
                <dt>Penalty</dt>
                <dd>{penaltyText(run.penalty)}</dd>
              </>
            )}
            {run.microBatch && (
              <>
                <dt>Passes</dt>
                <dd>{plural(run.microBatch, "image")} at a time</dd>
              </>
            )}
            {run.headRates && (
              <>
                <dt>Head learning rate</dt>
                <dd>{headRatesText(run.headRates)}</dd>
              </>
            )}
            <dt>Device</dt>
            <dd>{run.environment.device}</dd>
            <dt>Features</dt>
            <dd>{run.environment.featureRuntime}</dd>
            <dt>Finished</dt>
            <dd>
              {run.finishedAt}, Radapt {run.environment.radapt}
            </dd>
            <dt>Run id</dt>
            <dd className="mono">{run.id}</dd>
            {warnings.map((w) => (
              <div key={w} style={{ display: "contents" }}>
                <dt>Warning</dt>
                <dd>{w}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
    </Panel>
  );
}
