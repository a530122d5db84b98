/**
 * The adapter under test: its name, its driver, its features, and the limits that decide what it
 * can train.
 */
import type { DeviceInfo } from "../../engine/types";
import { shownLimits } from "../state/diagnostics";
import { byteSize, count } from "../ui/format";
import { Panel } from "../ui/panel";

const limitWords: Record<string, [string, (value: number) => string]> = {
  maxBufferSize: ["Largest buffer", byteSize],
  maxStorageBufferBindingSize: ["Largest tensor", byteSize],
  maxComputeWorkgroupStorageSize: ["Workgroup memory", byteSize],
  maxComputeInvocationsPerWorkgroup: ["Workgroup size", count],
  maxStorageBuffersPerShaderStage: ["Buffers per kernel", count],
};

export function AdapterDetails({ device }: { device: Omit<DeviceInfo, "kind"> }) {
  const maker = [device.vendor, device.architecture].filter(Boolean).join(", ");
  return (
    <Panel title="Adapter">
      <dl className="facts">
        <dt>Name</dt>
        <dd>{device.label}</dd>
        {maker && (
          <>
            <dt>Maker</dt>
            <dd>{maker}</dd>
          </>
        )}
        {device.description && (
          <>
            <dt>Driver</dt>
            <dd>{device.description}</dd>
          </>
        )}
        <dt>Kind</dt>
        <dd>{device.software ? "software, on the processor" : "hardware"}</dd>
        {shownLimits
          .filter((key) => device.limits[key] !== undefined)
          .map((key) => {
            const [label, format] = limitWords[key] ?? [key, count];
            return (
              <div key={key} style={{ display: "contents" }}>
                <dt>{label}</dt>
                <dd>{format(device.limits[key])}</dd>
              </div>
            );
          })}
        {device.features.length > 0 && (
          <>
            <dt>Features</dt>
            <dd className="small">{device.features.join(", ")}</dd>
          </>
        )}
      </dl>
    </Panel>
  );
}
