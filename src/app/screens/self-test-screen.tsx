/**
 * Shows whether this machine's adapter computes correctly: starts the self-test and keeps its last
 * report.
 */
import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "zustand";
import { AdapterDetails } from "../self-test/adapter";
import { SelfTestOutcome } from "../self-test/outcome";
import { environmentStore } from "../state/environment";
import { attempt } from "../state/notices";
import { isBusy, queueStore } from "../state/queue";
import { cancelSelfTest, isOf, prepareSelfTest, selfTestStore, startSelfTest } from "../state/self-test";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";
import "../styles/self-test.css";

export default function SelfTestScreen() {
  const { status, progress, report, error } = useStore(selfTestStore);
  const training = useStore(queueStore, (s) => isBusy(s.status));
  const { environment } = useStore(environmentStore);
  const device = environment?.device ?? null;
  const idle = status === "idle";
  useEffect(() => attempt(prepareSelfTest), []);
  return (
    <>
      <div className="page-head">
        <h1>Self-test</h1>
        <Button
          variant="filled"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          disabled={!idle || training}
          onClick={() => attempt(startSelfTest)}
        >
          {report ? "Run again" : "Run the self-test"}
        </Button>
      </div>
      <div className="columns two self-test">
        <div className="stack">
          <p className="intro">
            Drivers and browsers can miscompute without saying so. This runs every operator on your adapter and compares
            it with the processor, and takes training steps with every fine-tuning method and compares them with values
            stored from PyTorch. It uses none of your data.
          </p>
          {training && (
            <Message
              kind="info"
              text="A plan is running on this adapter. The self-test can start when it has ended or is paused."
            />
          )}
          {device?.kind === "wasm" && (
            <Message
              kind="info"
              text="Training runs on the CPU here, and so does this test: it says nothing of a graphics card."
            />
          )}
          {!idle && (
            <div className="panel panel-body">
              <ProgressLine label="Testing" progress={progress}>
                <Button disabled={status === "cancelling"} onClick={() => attempt(cancelSelfTest)}>
                  {status === "cancelling" ? "Cancelling…" : "Cancel"}
                </Button>
              </ProgressLine>
            </div>
          )}
          {error && <Message kind="error" text={error} />}
          {report && device && !isOf(report, device) && (
            <Message
              kind="warning"
              text={`The last test ran on another adapter: ${report.device.label}. Run it again.`}
            />
          )}
          {report && report.radapt !== environment?.version && environment && (
            <Message
              kind="info"
              text={`The last test was made by Radapt ${report.radapt}; this is ${environment.version}.`}
            />
          )}
          {report ? (
            <SelfTestOutcome report={report} />
          ) : (
            idle && <p className="panel empty">Not run yet on this machine. It takes seconds to a minute.</p>
          )}
        </div>
        {(device ?? report?.device) && <AdapterDetails device={(device ?? report?.device)!} />}
      </div>
    </>
  );
}
