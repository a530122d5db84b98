/** Lists what this browser stores, with sizes, and deletes it on demand. */
import { VisuallyHidden } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import type { StorageUsage } from "../../storage";
import { adapterLimits } from "../../storage/types";
import { deleteBackbone } from "../state/backbones";
import { deleteDataset } from "../state/datasets";
import { attempt } from "../state/notices";
import { deleteRecords } from "../state/records";
import { services } from "../state/services";
import { ConfirmButton } from "../ui/confirm-button";
import { byteSize, plural } from "../ui/format";
import { ScrollX } from "../ui/scroll-x";

interface StoredItem {
  key: string;
  kind: string;
  name: string;
  size: string;
  consequence: string;
  remove: () => Promise<void>;
}

function itemsOf(usage: StorageUsage): StoredItem[] {
  return [
    ...usage.datasets.map((d) => ({
      key: `d/${d.id}`,
      kind: "Dataset",
      name: d.name,
      size: `${plural(d.items, "image")}, ${byteSize(d.bytes)}`,
      consequence: "Its images and labels are removed from this browser. The original files and stored results stay.",
      remove: () => deleteDataset(d.id),
    })),
    ...usage.backbones.map((b) => ({
      key: `b/${b.id}`,
      kind: "Backbone",
      name: b.name,
      size: byteSize(b.bytes),
      consequence: "Its file is removed from this browser. Stored results stay.",
      remove: () => deleteBackbone(b.id),
    })),
    {
      key: "features",
      kind: "Cache",
      name: "Features of frozen backbones",
      size: `${plural(usage.features.items, "image")}, ${byteSize(usage.features.bytes)}`,
      consequence: "Only time is lost: they are computed anew when needed.",
      remove: () => services().storage.deleteFeatures(),
    },
    {
      key: "adapters",
      kind: "Adapters",
      name: "What runs learnt",
      size: `${plural(usage.adapters.items, "run")}, ${byteSize(usage.adapters.bytes)}`,
      consequence:
        "Adapters and models of these runs can no longer be downloaded; their results stay. " +
        `Up to ${byteSize(adapterLimits.total)} are kept, ${byteSize(adapterLimits.run)} of one run.`,
      remove: () => services().storage.deleteAdapters(),
    },
    {
      key: "records",
      kind: "Results",
      name: "Records of finished runs",
      size: `${plural(usage.records.items, "run")}, ${byteSize(usage.records.bytes)}`,
      consequence:
        "All stored results, with their predictions and what their runs learnt, are lost. " +
        "Export them first if they matter.",
      remove: deleteRecords,
    },
  ];
}

export function StorageView() {
  const [usage, setUsage] = useState<StorageUsage | null>(null);
  const load = useCallback(() => attempt(async () => setUsage(await services().storage.usage())), []);
  useEffect(load, [load]);
  if (!usage) return <p className="dim">Counting…</p>;
  return (
    <div className="stack">
      {usage.usage !== null && (
        <p>
          {byteSize(usage.usage)} used
          {usage.quota !== null && ` of ${byteSize(usage.quota)} that the browser allows`}.
        </p>
      )}
      <ScrollX label="Stored items">
        <table className="data-table" aria-label="Stored items">
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">Name</th>
              <th scope="col">Size</th>
              <th scope="col">
                <VisuallyHidden>Delete</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {itemsOf(usage).map((item) => (
              <tr key={item.key}>
                <td className="dim">{item.kind}</td>
                <th scope="row">{item.name}</th>
                <td>{item.size}</td>
                <td className="num">
                  <ConfirmButton
                    question={`Delete ${item.name}?`}
                    consequence={item.consequence}
                    confirmLabel="Delete"
                    aria-label={`Delete ${item.name}`}
                    onConfirm={() =>
                      attempt(async () => {
                        await item.remove();
                        load();
                      })
                    }
                  >
                    Delete
                  </ConfirmButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </div>
  );
}
