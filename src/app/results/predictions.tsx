/** The predictions of a row: table or thumbnails, wrong ones on demand, each leading to its image. */
import { Button, Checkbox, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { RunRecord } from "../../bench/record";
import { metricValue } from "../ui/format";
import { ImageDialog, ThumbGrid, type ThumbItem } from "../ui/thumb-grid";
import { type PredictionRow, predictionRows } from "./prediction-rows";

interface PredictionsProps {
  records: readonly RunRecord[];
  datasetId: string | undefined;
  cell: { truth: string; decision: string } | null;
  onClearCell: () => void;
}

export function Predictions({ records, datasetId, cell, onClearCell }: PredictionsProps) {
  const [wrongOnly, setWrongOnly] = useState(false);
  const [view, setView] = useState("table");
  const [shown, setShown] = useState(50);
  const [open, setOpen] = useState<ThumbItem | null>(null);
  const { classes, synthetic, grouping } = records[0].dataset;
  const rows = predictionRows(records, { wrongOnly, cell });
  const meaning = classes.length === 2 ? `P(${classes[1]})` : "P(decision)";
  const item = (row: PredictionRow): ThumbItem => ({
    name: row.image,
    note: `${row.truth} → ${row.decision} ${metricValue(row.probability, 2)}`,
    facts: [
      ["File", row.image],
      ...(grouping === "patient" ? ([["Patient", row.patient]] as [string, string][]) : []),
      ["Truth", row.truth],
      ["Decision", row.right ? row.decision : `${row.decision} (wrong)`],
      [meaning, metricValue(row.probability)],
      ["From", `fold ${row.fold + 1}, seed ${row.seed}`],
    ],
  });
  const thumbs = view === "images" || cell !== null;
  return (
    <section className="ruled-top stack" aria-label="Predictions">
      <div className="row between">
        <h3>
          {rows.length} predictions{cell ? `: ${cell.truth} decided as ${cell.decision}` : ""}
        </h3>
        <div className="row">
          {cell ? (
            <Button onClick={onClearCell}>Show all again</Button>
          ) : (
            <SegmentedControl
              aria-label="View of the predictions"
              value={view}
              onChange={setView}
              data={[
                { value: "table", label: "Table" },
                { value: "images", label: "Images" },
              ]}
            />
          )}
          <Checkbox label="Wrong only" checked={wrongOnly} onChange={(e) => setWrongOnly(e.currentTarget.checked)} />
        </div>
      </div>
      {!datasetId && (
        <p className="dim small">
          The dataset is no longer stored here, so its images cannot be shown; the predictions are.
        </p>
      )}
      {thumbs && datasetId ? (
        <ThumbGrid datasetId={datasetId} synthetic={synthetic} items={rows.map(item)} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section className="tall-scroll" aria-label="Predictions, scrolls" tabIndex={0}>
          <table className="data-table" aria-label="Predictions of the row">
            <thead>
              <tr>
                <th scope="col">Image</th>
                {grouping === "patient" && <th scope="col">Patient</th>}
                <th scope="col">Truth</th>
                <th scope="col">Decision</th>
                <th scope="col" className="num">
                  {meaning}
                </th>
                <th scope="col" className="num">
                  Fold
                </th>
                <th scope="col" className="num">
                  Seed
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, shown).map((row) => (
                <tr key={row.key}>
                  <th scope="row">
                    {datasetId ? (
                      <button type="button" className="link" onClick={() => setOpen(item(row))}>
                        {row.image}
                      </button>
                    ) : (
                      row.image
                    )}
                  </th>
                  {grouping === "patient" && <td>{row.patient}</td>}
                  <td>{row.truth}</td>
                  <td className={row.right ? undefined : "wrong-text"}>
                    {row.decision}
                    {!row.right && " ✕"}
                    {!row.right && <span className="sr-only">wrong</span>}
                  </td>
                  <td className="num">{metricValue(row.probability)}</td>
                  <td className="num">{row.fold + 1}</td>
                  <td className="num">{row.seed}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {!thumbs && rows.length > shown && (
        <div className="row">
          <Button onClick={() => setShown(shown + 200)}>Show more</Button>
          <span className="dim small">
            {shown} of {rows.length}
          </span>
        </div>
      )}
      {datasetId && (
        <ImageDialog item={open} datasetId={datasetId} synthetic={synthetic} onClose={() => setOpen(null)} />
      )}
    </section>
  );
}
