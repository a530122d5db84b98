/**
 * The predictions of a row as a table or as thumbnails, on demand only the wrong ones. Each leads
 * to its image.
 */
import { Button, Checkbox, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { partTitle } from "../../bench/protocols";
import type { RunRecord } from "../../bench/record";
import type { MatrixCell } from "../charts/inputs";
import { plural } from "../ui/format";
import { ImageDialog, ThumbGrid, type ThumbItem } from "../ui/thumb-grid";
import { decisionNote, predictionItem, predictionRows, probabilityLabel } from "./prediction-rows";
import { PredictionsTable } from "./predictions-table";

interface PredictionsProps {
  records: readonly RunRecord[];
  /** Id of the stored dataset with the images; undefined if someone deleted it. */
  datasetId: string | undefined;
  /** Shows only the images of this cell, as thumbnails; null shows all predictions. */
  cell: MatrixCell | null;
  /** The patients of the cell, where it counts patients: then all their images are shown. */
  patients: ReadonlySet<string> | null;
  onClearCell: () => void;
}

function ViewChoice({ view, onChange }: { view: string; onChange: (view: string) => void }) {
  return (
    <SegmentedControl
      aria-label="View of the predictions"
      value={view}
      onChange={onChange}
      data={[
        { value: "table", label: "Table" },
        { value: "images", label: "Images" },
      ]}
    />
  );
}

export function Predictions({ records, datasetId, cell, patients, onClearCell }: PredictionsProps) {
  const [wrongOnly, setWrongOnly] = useState(false);
  const [view, setView] = useState("table");
  const [opened, setOpened] = useState<ThumbItem | null>(null);
  const { dataset } = records[0];
  const { synthetic } = dataset;
  const rows = predictionRows(records, { wrongOnly, cell, patients });
  const note = decisionNote(records);
  const label = probabilityLabel(records);
  const showsImages = datasetId !== undefined && (view === "images" || cell !== null);
  return (
    <section className="ruled-top stack" aria-label="Predictions">
      <div className="row between">
        <h3>
          {rows.length} predictions{patients ? ` of ${plural(patients.size, "patient")}` : ""}
          {cell ? `: ${cell.truth} decided as ${cell.decision}` : ""}
        </h3>
        <div className="row">
          {cell ? <Button onClick={onClearCell}>Show all again</Button> : <ViewChoice view={view} onChange={setView} />}
          <Checkbox label="Wrong only" checked={wrongOnly} onChange={(e) => setWrongOnly(e.currentTarget.checked)} />
        </div>
      </div>
      {note && <p className="dim small">{note}</p>}
      {!datasetId && (
        <p className="dim small">
          The dataset is no longer stored here, so its images cannot be shown; the predictions are.
        </p>
      )}
      {showsImages ? (
        <ThumbGrid
          datasetId={datasetId}
          synthetic={synthetic}
          items={rows.map((row) => predictionItem(row, dataset, label))}
        />
      ) : (
        <PredictionsTable
          rows={rows}
          dataset={dataset}
          probabilityLabel={label}
          partNoun={partTitle(records[0].config.split).noun}
          onOpen={datasetId ? (row) => setOpened(predictionItem(row, dataset, label)) : undefined}
        />
      )}
      {datasetId && (
        <ImageDialog item={opened} datasetId={datasetId} synthetic={synthetic} onClose={() => setOpened(null)} />
      )}
    </section>
  );
}
