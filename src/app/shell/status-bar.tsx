/**
 * The bar at the bottom: which device computes, that images stay here, what the page sent, the
 * version, and the intended use.
 */
import { NativeSelect, Popover } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import type { DeviceChoice, Environment } from "../../worker/protocol";
import { adapterLabel, chooseDevice, environmentStore, whyProcessor } from "../state/environment";
import { networkStore } from "../state/network";
import { attempt } from "../state/notices";
import { isBusy, queueStore } from "../state/queue";
import { selfTestStore, verdictOn } from "../state/self-test";
import { byteSize } from "../ui/format";
import { Message } from "../ui/message";
import classes from "./status-bar.module.css";

function Explained({ label, children }: { label: ReactNode; children: ReactNode }) {
  return (
    <Popover width={340} position="top-start" trapFocus={false}>
      <Popover.Target>
        <button type="button">{label}</button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack tight small">{children}</div>
      </Popover.Dropdown>
    </Popover>
  );
}

const selfTestWords = {
  none: "Whether this adapter computes rightly has not been tested here.",
  passed: "The self-test passed on this adapter.",
  failed: "The self-test failed on this adapter: its results cannot be trusted.",
};

/** Chooses between the graphics card and the processor. */
function DeviceControl({ environment }: { environment: Environment }) {
  const busy = useStore(queueStore, (s) => isBusy(s.status));
  const { adapter, choice } = environment;
  return (
    <NativeSelect
      label="Train on"
      description={busy ? "Can be changed when no plan is running." : "Counts from the next plan on."}
      disabled={busy}
      value={choice}
      onChange={(event) => {
        const chosen = event.currentTarget.value as DeviceChoice;
        attempt(() => chooseDevice(chosen));
      }}
      data={[
        { value: "auto", label: "The fastest there is" },
        { value: "webgpu", label: adapter?.label ?? "Graphics card: no WebGPU adapter", disabled: adapter === null },
        { value: "wasm", label: "CPU (WebAssembly)" },
      ]}
    />
  );
}

function AdapterStatus() {
  // The key changes with the screen, which closes the explanation.
  const [location] = useLocation();
  const state = useStore(environmentStore);
  const { environment } = state;
  const device = environment?.device;
  const verdict = useStore(selfTestStore, ({ report }) => verdictOn(report, device));
  const lamp = verdict === "failed" ? classes.off : device ? classes.on : state.status === "looking" ? "" : classes.off;
  return (
    <Explained
      key={location}
      label={
        <>
          <span className={`${classes.lamp} ${lamp}`} aria-hidden />
          {adapterLabel(state)}
          {verdict === "failed" && <strong className="bad">Self-test failed</strong>}
        </>
      }
    >
      {state.error && <Message kind="error" text={state.error} />}
      {environment?.deviceError && <Message kind="warning" text={environment.deviceError} />}
      {device && (
        <p>
          {device.kind === "wasm"
            ? "Training runs on the CPU: every method works, with the same results, slower than on a graphics card. " +
              whyProcessor(environment!)
            : `Training runs on ${device.label}${device.software ? ", a software adapter: right, but slow" : ""}.`}
        </p>
      )}
      {device && (
        <p>
          {selfTestWords[verdict]} <a href="#/selftest">{verdict === "none" ? "Run the self-test" : "Look at it"}</a>
        </p>
      )}
      {environment && <DeviceControl environment={environment} />}
      {environment && <p className="dim">Features of frozen backbones: {environment.featureRuntime}</p>}
    </Explained>
  );
}

function Sent() {
  const { bytesSent, foreignRequests, hosts } = useStore(networkStore);
  return (
    <Explained label={<>{byteSize(bytesSent)} sent</>}>
      <p>
        {`Bytes that left this page in request bodies since it was opened: ${byteSize(bytesSent)}. `}
        {`Requests to other sites: ${foreignRequests}${hosts.length > 0 ? ` (${hosts.join(", ")})` : ""}.`}
      </p>
      <p className="dim">
        Counted in this page (fetch, XMLHttpRequest, beacons, resource timing). The worker only fetches: Radapt's own
        files, and a backbone when you give its address. To check it yourself, go offline once a first plan has results:
        everything but such a pull goes on working.
      </p>
    </Explained>
  );
}

export function StatusBar() {
  const version = useStore(environmentStore, (s) => s.environment?.version);
  return (
    <footer className={classes.bar}>
      <AdapterStatus />
      <span className="row" style={{ gap: 5 }}>
        <IconLock size={13} aria-hidden />
        Images stay on this machine
      </span>
      <Sent />
      <span className={classes.push}>
        <Explained label="Research use only">
          <p>
            Radapt compares training methods on your data; it is not a medical device, its figures are not validated for
            any patient, and no care may depend on them.
          </p>
        </Explained>
      </span>
      {version && <span>Radapt {version}</span>}
    </footer>
  );
}
