/** Makes the text of "Copy diagnostics". */
import { detailsText } from "../../base";
import { datasetsStore } from "./datasets";
import type { EnvironmentState } from "./environment";
import { networkStore } from "./network";
import { queueStore } from "./queue";
import { recordsStore } from "./records";

/** Limits of the adapter that decide what it can train. */
export const shownLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxStorageBuffersPerShaderStage",
];

export function diagnosticsText({ environment, error }: EnvironmentState, userAgent: string): string {
  const device = environment?.device;
  const queue = queueStore.getState();
  const network = networkStore.getState();
  const lastError = queue.error ?? queue.items.find((i) => i.state === "failed")?.error;
  const lines: [string, string | number | undefined | null][] = [
    ["Radapt", environment?.version],
    ["Browser", userAgent],
    ["Adapter", device ? device.label : error ? detailsText(error) : "not known yet"],
    ["No WebGPU", environment?.deviceError && detailsText(environment.deviceError)],
    ["Vendor, architecture", device && `${device.vendor}, ${device.architecture}`],
    ["Description", device?.description],
    ["Software adapter", device ? String(device.software) : null],
    ["Features", device?.features.join(", ")],
    ...shownLimits.map((key): [string, number | undefined] => [key, device?.limits[key]]),
    ["Feature runtime", environment?.featureRuntime],
    ["Cross-origin isolated", environment ? String(environment.crossOriginIsolated) : null],
    [
      "Datasets",
      datasetsStore
        .getState()
        .datasets.map((d) => d.images.length)
        .join(" + ") || "none",
    ],
    ["Stored runs", recordsStore.getState().records.length],
    ["Queue", `${queue.status}, ${queue.done} of ${queue.total}`],
    ["Last error", lastError && detailsText(lastError)],
    ["Bytes sent", network.bytesSent],
    ["Requests to other sites", network.foreignRequests],
  ];
  return lines
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([label, value]) => `${label}: ${value}`)
    .join("\n");
}
