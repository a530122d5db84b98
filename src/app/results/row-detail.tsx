/** Behind one row of the table: its charts, its predictions with their images, its runs. */
import { NativeSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import type { AggregateRow } from "../../bench/aggregate";
import { decide } from "../../bench/metric";
import type { RunRecord } from "../../bench/record";
import type { EvaluationUnit } from "../../bench/unit";
import { recordsByUnit } from "../../bench/unit-records";
import { chartsAt } from "../charts";
import type { MatrixCell } from "../charts/inputs";
import { type PoolChoice, poolChoices, poolPredictions } from "../charts/pool";
import { showRow } from "../state/selection";
import { capitalised } from "../ui/format";
import { Panel } from "../ui/panel";
import { Predictions } from "./predictions";
import { RowRuns } from "./row-runs";

interface RowDetailProps {
  rows: readonly AggregateRow[];
  row: AggregateRow;
  records: readonly RunRecord[];
  /** What the charts count. The predictions below them are always those of images. */
  unit: EvaluationUnit;
  /** Stored dataset that holds the images; undefined when it was deleted. */
  datasetId: string | undefined;
}

function RowChoice({ rows, row }: Pick<RowDetailProps, "rows" | "row">) {
  return (
    <NativeSelect
      aria-label="Row looked into"
      value={row.key}
      data={rows
        .filter((r) => r.n > 0)
        .map((r) => ({ value: r.key, label: `${r.method} on ${r.backbone}, ${r.regimeLabel}` }))}
      onChange={(e) => showRow(e.currentTarget.value)}
    />
  );
}

interface PoolSelectProps {
  pools: readonly PoolChoice[];
  chosen: PoolChoice;
  onChoose: (key: string) => void;
}

/** Chooses the repeat and seed whose predictions are shown; nothing if there is one only. */
function PoolSelect({ pools, chosen, onChoose }: PoolSelectProps) {
  if (pools.length < 2) return null;
  return (
    <NativeSelect
      aria-label="Predictions of"
      value={chosen.key}
      data={pools.map(({ key, label }) => ({ value: key, label: capitalised(label) }))}
      onChange={(e) => onChoose(e.currentTarget.value)}
    />
  );
}

/** The patients of one cell of the confusion matrix. */
function patientsOf(records: readonly RunRecord[], cell: MatrixCell): Set<string> {
  const { classes } = records[0].dataset;
  const inCell = poolPredictions(records).filter(
    ({ truth, probabilities }) => classes[truth] === cell.truth && classes[decide(probabilities)] === cell.decision,
  );
  return new Set(inCell.map(({ patient }) => patient));
}

export function RowDetail({ rows, row, records, unit, datasetId }: RowDetailProps) {
  const [poolKey, setPoolKey] = useState<string | null>(null);
  const pools = useMemo(() => poolChoices(records), [records]);
  const pool = pools.find(({ key }) => key === poolKey) ?? pools[0];
  const counted = useMemo(() => recordsByUnit(pool.records, unit), [pool, unit]);
  const noun = unit === "image" || records[0].dataset.grouping === "image" ? "image" : "patient";
  const [selectedCell, setSelectedCell] = useState<MatrixCell | null>(null);
  const toggleCell = (cell: MatrixCell) => {
    const isSelected = selectedCell?.truth === cell.truth && selectedCell.decision === cell.decision;
    setSelectedCell(isSelected ? null : cell);
  };
  return (
    <Panel
      title="Behind the numbers"
      flush
      tools={
        <>
          <RowChoice rows={rows} row={row} />
          <PoolSelect pools={pools} chosen={pool} onChoose={setPoolKey} />
        </>
      }
    >
      <div className="charts three ruled">
        {chartsAt("row").map(({ figure }) =>
          figure({
            records: counted,
            imageRecords: pool.records,
            noun,
            poolLabel: pool.label,
            selectedCell,
            onSelectCell: toggleCell,
          }),
        )}
      </div>
      <Predictions
        key={`${row.key} ${pool.key}`}
        records={pool.records}
        datasetId={datasetId}
        cell={selectedCell}
        patients={noun === "patient" && selectedCell ? patientsOf(counted, selectedCell) : null}
        onClearCell={() => setSelectedCell(null)}
      />
      <RowRuns records={records} />
    </Panel>
  );
}
