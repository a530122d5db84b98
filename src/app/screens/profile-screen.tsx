/**
 * Shows where a training step spends its time on this machine's adapter: choose, run, read the
 * tables.
 */
import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { ProfileChoice } from "../../worker/protocol";
import { ProfileFields, profiledMethods } from "../profile/choice";
import { ProfileOutcome } from "../profile/outcome";
import { AdapterDetails } from "../self-test/adapter";
import { backbonesStore, ensureBackbones } from "../state/backbones";
import { environmentStore, whyProcessor } from "../state/environment";
import { attempt } from "../state/notices";
import { cancelProfile, profileStore, startProfile } from "../state/profile";
import { isBusy, queueStore } from "../state/queue";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";
import "../styles/profile.css";

const initial: ProfileChoice = {
  backboneId: "",
  method: (profiledMethods.find(({ id }) => id === "lora") ?? profiledMethods[0]).id,
  batch: 8,
};

export default function ProfileScreen() {
  useEffect(() => attempt(ensureBackbones), []);
  const { status, progress, report, error } = useStore(profileStore);
  const training = useStore(queueStore, (s) => isBusy(s.status));
  const environment = useStore(environmentStore, (s) => s.environment);
  const { backbones, loaded } = useStore(backbonesStore);
  const [choice, setChoice] = useState(initial);
  const backbone = backbones.find(({ id }) => id === choice.backboneId) ?? backbones[0];
  const onProcessor = environment?.device.kind === "wasm";
  const idle = status === "idle";
  const start = async () => {
    if (backbone) await startProfile({ ...choice, backboneId: backbone.id }, backbone.name);
  };
  return (
    <>
      <div className="page-head">
        <h1>Profile</h1>
        <Button
          variant="filled"
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          disabled={!idle || training || !environment || onProcessor || !backbone || choice.batch < 1}
          onClick={() => attempt(start)}
        >
          {report ? "Run again" : "Run the profile"}
        </Button>
      </div>
      <div className="columns two profile">
        <div className="stack">
          <p className="intro">
            Takes a few training steps on noise, all layers computed, and times every kernel by the adapter's own clock.
            It uses none of your data and changes nothing that is stored.
          </p>
          {training && (
            <Message
              kind="info"
              text="A plan is running on this adapter. The profile can start when it has ended or is paused."
            />
          )}
          {onProcessor && (
            <Message
              kind="info"
              text={{
                title:
                  "Training runs on the CPU here, and its kernels cannot be timed one by one. " +
                  whyProcessor(environment),
                remedy: "choose the graphics adapter under “Train on” in the status line, if there is one.",
              }}
            />
          )}
          {backbone ? (
            <ProfileFields
              backbones={backbones}
              choice={{ ...choice, backboneId: backbone.id }}
              disabled={!idle}
              onChange={(change) => setChoice({ ...choice, ...change })}
            />
          ) : (
            loaded && <p className="panel empty">No backbone yet: add one under Plan.</p>
          )}
          {!idle && (
            <div className="panel panel-body">
              <ProgressLine label="Profiling" progress={progress}>
                <Button disabled={status === "cancelling"} onClick={() => attempt(cancelProfile)}>
                  {status === "cancelling" ? "Cancelling…" : "Cancel"}
                </Button>
              </ProgressLine>
            </div>
          )}
          {error && <Message kind="error" text={error} />}
          {report ? (
            <ProfileOutcome report={report} />
          ) : (
            idle && !error && <p className="panel empty">Not run yet. It takes seconds on a graphics card.</p>
          )}
        </div>
        {environment && <AdapterDetails device={environment.device} />}
      </div>
    </>
  );
}
