/** Behind one row of the table: its charts, its predictions with their images, its runs. */
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { AggregateRow } from "../../bench/aggregate";
import type { RunRecord } from "../../bench/record";
import { chartsAt } from "../charts";
import type { MatrixCell } from "../charts/inputs";
import { showRow } from "../state/selection";
import { Panel } from "../ui/panel";
import { Predictions } from "./predictions";
import { RowRuns } from "./row-runs";

interface RowDetailProps {
  rows: readonly AggregateRow[];
  row: AggregateRow;
  records: readonly RunRecord[];
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

export function RowDetail({ rows, row, records, datasetId }: RowDetailProps) {
  const [selectedCell, setSelectedCell] = useState<MatrixCell | null>(null);
  const toggleCell = (cell: MatrixCell) => {
    const isSelected = selectedCell?.truth === cell.truth && selectedCell.decision === cell.decision;
    setSelectedCell(isSelected ? null : cell);
  };
  return (
    <Panel title="Behind the numbers" flush tools={<RowChoice rows={rows} row={row} />}>
      <div className="charts three ruled">
        {chartsAt("row").map(({ figure }) => figure({ records, selectedCell, onSelectCell: toggleCell }))}
      </div>
      <Predictions
        key={row.key}
        records={records}
        datasetId={datasetId}
        cell={selectedCell}
        onClearCell={() => setSelectedCell(null)}
      />
      <RowRuns records={records} />
    </Panel>
  );
}
