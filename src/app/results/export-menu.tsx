/** Results as files: records as JSON, predictions as CSV. */
import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { predictionsCsv, recordsJson } from "../../bench/export";
import type { RunRecord } from "../../bench/record";
import { saveBlob } from "../charts/save";

export function ExportMenu({ records }: { records: readonly RunRecord[] }) {
  return (
    <Menu position="bottom-end" shadow="sm">
      <Menu.Target>
        <Button leftSection={<IconDownload size={14} aria-hidden />} disabled={records.length === 0}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() => saveBlob(new Blob([recordsJson(records)], { type: "application/json" }), "results.json")}
        >
          Results as JSON
        </Menu.Item>
        <Menu.Item
          onClick={() => saveBlob(new Blob([predictionsCsv(records)], { type: "text/csv" }), "predictions.csv")}
        >
          Predictions as CSV
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
