/**
 * Shows before a plan starts how much memory a training step will take. It shows the largest
 * estimate, and the others on demand.
 */
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Plan } from "../../bench/plan";
import { totalBytes } from "../../engine/memory";
import type { Estimated, TrainerEstimate } from "../../worker/protocol";
import { environmentStore } from "../state/environment";
import {
  estimatedBytes,
  estimateLabel,
  estimatePlan,
  estimateStore,
  problemOf,
  stepSentence,
  worstEstimate,
} from "../state/estimate";
import { attempt } from "../state/notices";
import { byteSize, plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";

/**
 * Delay between a change and the request for estimates, ms. It avoids a request for every typed
 * letter.
 */
const pause = 300;

/** Asks for new estimates when the plan or the device changes. */
function useEstimates(plan: Plan | null) {
  const device = useStore(environmentStore, (s) => s.environment?.device);
  useEffect(() => {
    const timer = setTimeout(() => attempt(() => estimatePlan(device ? plan : null)), pause);
    return () => clearTimeout(timer);
  }, [plan, device]);
  return { ...useStore(estimateStore), device };
}

const parts: [string, keyof Estimated["memory"] & ("weights" | "activations" | "optimizer" | "workspace")][] = [
  ["Frozen weights", "weights"],
  ["Activations", "activations"],
  ["Trainables, gradients, moments", "optimizer"],
  ["Workspace: inputs, losses", "workspace"],
];

function Account({ estimate }: { estimate: TrainerEstimate }) {
  const { outcome, batch } = estimate;
  const problem = problemOf(estimate);
  const estimated = "error" in outcome ? null : outcome;
  return (
    <>
      <p>
        <strong>{estimateLabel(estimate)}</strong>
      </p>
      {estimated && (
        <table className="data-table product" aria-label={`Memory of ${estimateLabel(estimate)}`}>
          <tbody>
            {parts.map(([label, key]) => (
              <tr key={key}>
                <th scope="row">{label}</th>
                <td className="num">{byteSize(estimated.memory[key])}</td>
              </tr>
            ))}
            <tr className="total">
              <th scope="row">In all</th>
              <td className="num">{byteSize(totalBytes(estimated.memory))}</td>
            </tr>
          </tbody>
        </table>
      )}
      {estimated && <p className="dim small">{stepSentence(batch, estimated)}</p>}
      {problem && <Message kind="warning" text={problem} />}
    </>
  );
}

interface OthersProps {
  estimates: readonly TrainerEstimate[];
  shown: TrainerEstimate;
  onShow: (id: string) => void;
}

function Others({ estimates, shown, onShow }: OthersProps) {
  return (
    <details className="disclosure">
      <summary className="small">All {plural(estimates.length, "combination")}</summary>
      <ul className="pick-list">
        {estimates.map((f) => (
          <li key={f.id}>
            <button
              type="button"
              className="pick-item estimate-item"
              aria-pressed={f === shown}
              onClick={() => onShow(f.id)}
            >
              <span>{estimateLabel(f)}</span>
              <span className={problemOf(f) ? "bad" : "dim"}>{byteText(f)}</span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function byteText(estimate: TrainerEstimate): string {
  const bytes = estimatedBytes(estimate);
  return bytes === null ? "cannot be trained" : byteSize(bytes);
}

/** @param plan null while the draft is not valid */
export function MemoryEstimatePanel({ plan }: { plan: Plan | null }) {
  const { estimates, status, error, device } = useEstimates(plan);
  const [chosen, setChosen] = useState<string | null>(null);
  if (status === "idle") return null;
  const shown = estimates.find((f) => f.id === chosen) ?? worstEstimate(estimates);
  const problems = estimates.filter((f) => f !== shown && problemOf(f)).length;
  return (
    <Panel title="Memory of a training step" note={status === "working" ? "working it out…" : "estimate"}>
      <div className="stack tight" data-testid="memory-estimate" aria-busy={status === "working"}>
        {error && <Message kind="error" text={error} />}
        {shown && <Account estimate={shown} />}
        {problems > 0 && <p className="small bad">{plural(problems, "other combination")} may not fit.</p>}
        {device?.kind === "wasm" && (
          <p className="dim small">
            On the CPU this is an estimate, of the computer's own memory: onnxruntime lays it out itself.
          </p>
        )}
        {shown && estimates.length > 1 && <Others estimates={estimates} shown={shown} onShow={setChosen} />}
      </div>
    </Panel>
  );
}
