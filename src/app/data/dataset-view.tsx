/**
 * One stored dataset: its report, its images, a button that deletes it, and the way to the next
 * step.
 */
import { Button, NativeSelect } from "@mantine/core";
import { IconArrowRight, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { DatasetRow } from "../../data/types";
import { deleteDataset, sizeLabel } from "../state/datasets";
import { attempt } from "../state/notices";
import { ConfirmButton } from "../ui/confirm-button";
import { byteSize, dateTime } from "../ui/format";
import { Panel } from "../ui/panel";
import { ThumbGrid } from "../ui/thumb-grid";
import { ImportReportView } from "./import-report";

export function DatasetView({ dataset }: { dataset: DatasetRow }) {
  const [, go] = useLocation();
  const [label, setLabel] = useState("");
  const shown = dataset.images.filter((i) => label === "" || dataset.classes[i.label] === label);
  const bytes = dataset.images.reduce((sum, i) => sum + i.bytes, 0);
  return (
    <>
      <Panel
        title={dataset.name}
        note={
          <>
            {dataset.synthetic && <span className="tag synthetic">synthetic</span>} {sizeLabel(dataset)} ·{" "}
            {byteSize(bytes)} · {dateTime(dataset.createdAt)}
          </>
        }
        tools={
          <>
            <ConfirmButton
              question={`Delete “${dataset.name}”?`}
              consequence={
                "Its images and labels are removed from this browser. The original files and stored results stay."
              }
              confirmLabel="Delete dataset"
              leftSection={<IconTrash size={14} aria-hidden />}
              onConfirm={() => attempt(() => deleteDataset(dataset.id))}
            >
              Delete
            </ConfirmButton>
            <Button
              variant="filled"
              rightSection={<IconArrowRight size={14} aria-hidden />}
              onClick={() => go("/plan")}
            >
              Plan runs
            </Button>
          </>
        }
      >
        <div className="stack">
          {dataset.description && <p className="dim">{dataset.description}</p>}
          <ImportReportView dataset={dataset} report={dataset.report} />
        </div>
      </Panel>
      <Panel
        title="Images"
        note={`${shown.length} of ${dataset.images.length}`}
        tools={
          <NativeSelect
            aria-label="Class shown"
            value={label}
            data={[{ value: "", label: "All classes" }, ...dataset.classes]}
            onChange={(e) => setLabel(e.currentTarget.value)}
          />
        }
      >
        <ThumbGrid
          key={`${dataset.id}/${label}`}
          datasetId={dataset.id}
          synthetic={dataset.synthetic}
          items={shown.map((image) => ({
            name: image.name,
            note: dataset.classes[image.label],
            facts: [
              ["File", image.name],
              ["Outcome", dataset.classes[image.label]],
              ...(dataset.grouping === "patient" ? ([["Patient", image.patient]] as [string, string][]) : []),
              ["Size", `${image.width} × ${image.height} px, ${byteSize(image.bytes)}`],
            ],
          }))}
        />
      </Panel>
    </>
  );
}
