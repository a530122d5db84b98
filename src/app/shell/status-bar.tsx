/** The bottom line: who computes, that images stay here, what was sent, which version, what it is not for. */
import { Popover } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useStore } from "zustand";
import { adapterLabel, environmentStore } from "../state/environment";
import { networkStore } from "../state/network";
import { selfTestStore, verdictOn } from "../state/self-test";
import { byteSize } from "../ui/format";
import { Message } from "../ui/message";

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

function Adapter() {
  // Another screen closes the explanation.
  const [location] = useLocation();
  const state = useStore(environmentStore);
  const device = state.environment?.device;
  const verdict = useStore(selfTestStore, ({ report }) => verdictOn(report, device));
  const lamp =
    verdict === "failed" ? "lamp off" : device ? "lamp on" : state.status === "looking" ? "lamp" : "lamp off";
  return (
    <Explained
      key={location}
      label={
        <>
          <span className={lamp} aria-hidden />
          {adapterLabel(state)}
          {verdict === "failed" && <strong className="bad">Self-test failed</strong>}
        </>
      }
    >
      {state.error && <Message kind="error" text={state.error} />}
      {state.environment && !device && (
        <>
          <Message kind="warning" text={state.environment.deviceError ?? "This browser offers no WebGPU adapter."} />
          <p>
            Still works: opening data, planning, every stored result, and methods that train on frozen features (the
            linear probe), on the processor. Other methods wait for an adapter.
          </p>
        </>
      )}
      {device && (
        <p>
          Training runs on {device.label}
          {device.software ? ", a software adapter: right, but slow" : ""}.
        </p>
      )}
      {device && (
        <p>
          {selfTestWords[verdict]} <a href="#/selftest">{verdict === "none" ? "Run the self-test" : "Look at it"}</a>
        </p>
      )}
      {state.environment && <p className="dim">Features of frozen backbones: {state.environment.featureRuntime}</p>}
    </Explained>
  );
}

function Sent() {
  const { bytesSent, foreignRequests, hosts } = useStore(networkStore);
  return (
    <Explained label={<>{byteSize(bytesSent)} sent</>}>
      <p>
        Bytes that left this page in request bodies since it was opened: {byteSize(bytesSent)}. Requests to other sites:{" "}
        {foreignRequests}
        {hosts.length > 0 ? ` (${hosts.join(", ")})` : ""}.
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
    <footer className="statusbar">
      <Adapter />
      <span className="row" style={{ gap: 5 }}>
        <IconLock size={13} aria-hidden />
        Images stay on this machine
      </span>
      <Sent />
      <span className="push">
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
