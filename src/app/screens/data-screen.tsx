/**
 * Step 1: open images and outcomes, choose columns, import them, and look at the stored datasets.
 */
import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import type { ImportResult } from "../../worker/protocol";
import { ChooseColumns } from "../data/choose-columns";
import { DatasetList } from "../data/dataset-list";
import { DatasetView } from "../data/dataset-view";
import { DropArea } from "../data/drop-area";
import { OpenControls } from "../data/open-controls";
import { OpenInputs } from "../data/open-inputs";
import { Start } from "../data/start";
import { datasetsStore, expectsDatasets, selectedDataset } from "../state/datasets";
import { attempt } from "../state/notices";
import { cancelImport, openingStore } from "../state/opening";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";

const storedText = ({ dataset, report }: ImportResult) =>
  `“${dataset.name}” is stored: ${report.matched} of ${report.rows} rows matched an image.`;

export function DataScreen() {
  const [, go] = useLocation();
  const { phase, progress, error, result } = useStore(openingStore);
  const { loaded, datasets } = useStore(datasetsStore);
  const dataset = useStore(datasetsStore, selectedDataset);
  const demo = () =>
    attempt(async () => {
      const { runDemo } = await import("../state/demo");
      await runDemo(() => go("/results"));
    });
  const empty = loaded ? datasets.length === 0 : !expectsDatasets();
  const stored = loaded && datasets.length > 0;
  return (
    <DropArea>
      <OpenInputs />
      <div className="page-head">
        <h1>Data</h1>
        {stored && phase !== "choosing" && <OpenControls />}
      </div>
      <div className="stack">
        {phase === "importing" && (
          <div className="panel panel-body">
            <ProgressLine label="Importing" progress={progress}>
              <Button onClick={() => attempt(cancelImport)}>Cancel import</Button>
            </ProgressLine>
          </div>
        )}
        {error && phase !== "choosing" && <Message kind="error" text={error} />}
        {phase === "reported" && result && <Message kind="info" text={storedText(result)} />}
        {phase === "choosing" && <ChooseColumns />}
        {empty && phase !== "choosing" && <Start onDemo={demo} />}
        {stored && (
          <div className="columns lead">
            <DatasetList onDemo={demo} />
            <div className="stack">{dataset && <DatasetView key={dataset.id} dataset={dataset} />}</div>
          </div>
        )}
      </div>
    </DropArea>
  );
}
