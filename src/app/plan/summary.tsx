/**
 * The summary of the plan: its number of runs, how many have a record, what prevents its start, and
 * the Start button.
 */
import { Button, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useStore } from "zustand";
import { partNouns } from "../../bench/protocols";
import type { DatasetRow } from "../../data/types";
import { environmentStore, whyProcessor } from "../state/environment";
import {
  type DraftState,
  draftCautions,
  draftPartCount,
  draftRegimes,
  draftRunCount,
  parseSeeds,
  setDraft,
  suggestedName,
} from "../state/plan-draft";
import { isBusy, queueStore } from "../state/queue";
import { capitalised, duration, plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";

export interface Work {
  /** Number of runs that have a record. */
  computed: number;
  /** Estimated time of the other runs together, ms; null if no earlier run tells. */
  ms: number | null;
}

interface SummaryProps {
  draft: DraftState;
  dataset: DatasetRow | undefined;
  problems: string[];
  /** Null while the screen counts the runs. */
  work: Work | null;
  onStart: () => void;
}

export function Summary({ draft, dataset, problems, work, onStart }: SummaryProps) {
  const busy = useStore(queueStore, (s) => isBusy(s.status));
  const environment = useStore(environmentStore, (s) => s.environment);
  const total = draftRunCount(draft, dataset);
  const factors: [string, number][] = [
    ["Backbones", draft.backboneIds.length],
    ["Methods", draft.methods.length],
    ["Amounts of training data", draftRegimes(draft).length],
    [capitalised(partNouns(draft.split)), draftPartCount(draft, dataset)],
    ["Repeats", Number.isNaN(draft.repeats) ? 0 : Math.max(0, draft.repeats)],
    ["Seeds", parseSeeds(draft.seeds)?.length ?? 0],
  ];
  const product = factors.reduce((runs, [, count]) => runs * count, 1);
  return (
    <Panel title="This plan">
      <div className="stack" data-testid="plan-summary">
        <TextInput
          label="Name"
          value={draft.name}
          placeholder={dataset ? suggestedName(draft, dataset) : "Untitled plan"}
          onChange={(e) => setDraft({ name: e.currentTarget.value })}
        />
        <table className="data-table product">
          <tbody>
            {factors.map(([label, n], index) => (
              <tr key={label}>
                <th scope="row">
                  {index > 0 ? "× " : ""}
                  {label}
                </th>
                <td className="num">{n}</td>
              </tr>
            ))}
            {product > total && total > 0 && (
              <tr>
                <th scope="row">A method that no seed changes runs once per part</th>
                <td className="num">− {product - total}</td>
              </tr>
            )}
            <tr className="total">
              <th scope="row">Runs</th>
              <td className="num">{total}</td>
            </tr>
            <tr>
              <th scope="row">of them computed already</th>
              <td className="num">{work?.computed ?? "…"}</td>
            </tr>
          </tbody>
        </table>
        {environment?.device.kind === "wasm" && (
          <Message
            kind={environment.deviceError ? "warning" : "info"}
            text={
              environment.deviceError
                ? {
                    title: "No WebGPU: training runs on the CPU.",
                    remedy:
                      "start with a small plan, or use a recent Chrome or Edge with hardware acceleration switched on.",
                  }
                : `Training runs on the CPU. ${whyProcessor(environment)}`
            }
          />
        )}
        {draftCautions(draft).map((caution) => (
          <Message key={caution} kind="warning" text={caution} />
        ))}
        {problems.length > 0 && (
          <ul className="problems small">
            {problems.map((p) => (
              <li key={p}>{p}</li>
            ))}
          </ul>
        )}
        {busy && <p className="small dim">Another plan is running. Pause or cancel it to start this one.</p>}
        <Button
          variant="filled"
          fullWidth
          leftSection={<IconPlayerPlay size={15} aria-hidden />}
          disabled={problems.length > 0 || busy}
          onClick={onStart}
        >
          Start
        </Button>
        {work !== null && work.computed > 0 && (
          <p className="dim small">
            {plural(total - work.computed, "run")} to compute; stored ones are taken as they are.
          </p>
        )}
        {work !== null && work.ms !== null && (
          <p className="dim small">About {duration(work.ms)}, by earlier runs on this device.</p>
        )}
      </div>
    </Panel>
  );
}
