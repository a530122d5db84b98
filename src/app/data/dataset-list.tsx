/** The list of the stored datasets, which marks the chosen one. */
import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useStore } from "zustand";
import { datasetsStore, selectDataset, sizeLabel } from "../state/datasets";
import { openingStore } from "../state/opening";
import { Panel } from "../ui/panel";

export function DatasetList({ onDemo }: { onDemo: () => void }) {
  const { datasets, selectedId } = useStore(datasetsStore);
  const importing = useStore(openingStore, (s) => s.phase === "importing");
  return (
    <Panel title="Stored datasets" flush>
      <ul className="pick-list">
        {datasets.map((dataset) => (
          <li key={dataset.id}>
            <button
              type="button"
              className="pick-item"
              aria-pressed={dataset.id === selectedId}
              onClick={() => selectDataset(dataset.id)}
            >
              <span className="row between">
                <strong className="clip">{dataset.name}</strong>
                {dataset.synthetic && <span className="tag synthetic">synthetic</span>}
              </span>
              <span className="dim small">
                {sizeLabel(dataset)}, {dataset.classes.length} classes
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="panel-foot">
        <Button leftSection={<IconPlayerPlay size={14} aria-hidden />} disabled={importing} onClick={onDemo}>
          Run the demo
        </Button>
      </div>
    </Panel>
  );
}
