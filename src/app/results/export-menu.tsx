/** Results as files: records as JSON, predictions as CSV. */
import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { everyPair, pairsCsv } from "../../bench/comparisons";
import { predictionsCsv, recordsJson } from "../../bench/export";
import { recordsByUnit } from "../../bench/unit-records";
import { saveBlob } from "../charts/save";
import type { ScopedRecords } from "./scopes";

export function ExportMenu({ records, planned, primary, unit = "image" }: ScopedRecords) {
  const savePairs = () =>
    saveBlob(
      new Blob([pairsCsv(everyPair(recordsByUnit(records, unit), { planned, primary }))], { type: "text/csv" }),
      "pairs.csv",
    );
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
        <Menu.Item onClick={savePairs}>Pairs of methods as CSV</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
