/** The predictions of a row as a table: the first rows at once, more on demand. */
import { Button, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import type { RunRecord } from "../../bench/record";
import { capitalised, metricText } from "../ui/format";
import type { PredictionRow } from "./prediction-rows";

const FIRST_ROWS = 50;
const MORE_ROWS = 200;

interface PredictionsTableProps {
  rows: readonly PredictionRow[];
  dataset: RunRecord["dataset"];
  /** Label of the rows' numbers, e.g. "P(severe)". */
  probabilityLabel: string;
  /** What a part of the split is called, e.g. "fold". */
  partNoun: string;
  /** Opens a row's image; undefined if the images are not stored. */
  onOpen?: (row: PredictionRow) => void;
}

type TableHeadProps = Pick<PredictionsTableProps, "dataset" | "probabilityLabel" | "partNoun">;

function TableHead({ dataset, probabilityLabel, partNoun }: TableHeadProps) {
  return (
    <thead>
      <tr>
        <th scope="col">Image</th>
        {dataset.grouping === "patient" && <th scope="col">Patient</th>}
        <th scope="col">Truth</th>
        <th scope="col">Decision</th>
        <th scope="col" className="num">
          {probabilityLabel}
        </th>
        <th scope="col" className="num">
          {capitalised(partNoun)}
        </th>
        <th scope="col" className="num">
          Seed
        </th>
      </tr>
    </thead>
  );
}

interface PredictionTableRowProps {
  row: PredictionRow;
  withPatient: boolean;
  onOpen?: (row: PredictionRow) => void;
}

function PredictionTableRow({ row, withPatient, onOpen }: PredictionTableRowProps) {
  return (
    <tr>
      <th scope="row">
        {onOpen ? (
          <button type="button" className="link" onClick={() => onOpen(row)}>
            {row.image}
          </button>
        ) : (
          row.image
        )}
      </th>
      {withPatient && <td>{row.patient}</td>}
      <td>{row.truth}</td>
      <td className={row.right ? undefined : "wrong-text"}>
        {row.decision}
        {!row.right && " ✕"}
        {!row.right && <VisuallyHidden>wrong</VisuallyHidden>}
      </td>
      <td className="num">{metricText(row.probability)}</td>
      <td className="num">{row.part.title}</td>
      <td className="num">{row.seed}</td>
    </tr>
  );
}

export function PredictionsTable({ rows, dataset, probabilityLabel, partNoun, onOpen }: PredictionsTableProps) {
  const [shown, setShown] = useState(FIRST_ROWS);
  const withPatient = dataset.grouping === "patient";
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach a scrolling region */}
      <section className="tall-scroll" aria-label="Predictions, scrolls" tabIndex={0}>
        <table className="data-table" aria-label="Predictions of the row">
          <TableHead dataset={dataset} probabilityLabel={probabilityLabel} partNoun={partNoun} />
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <PredictionTableRow key={row.key} row={row} withPatient={withPatient} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > shown && (
        <div className="row">
          <Button onClick={() => setShown(shown + MORE_ROWS)}>Show more</Button>
          <span className="dim small">
            {shown} of {rows.length}
          </span>
        </div>
      )}
    </>
  );
}
