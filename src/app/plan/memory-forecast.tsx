/** The memory that a training step will take, told before anything starts: the largest first, the others on demand. */
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Plan } from "../../bench/plan";
import { totalBytes } from "../../engine/memory";
import type { Foretold, TrainerForecast } from "../../worker/protocol";
import { environmentStore } from "../state/environment";
import { bytesOf, forecastPlan, forecastStore, foremostOf, nameOf, passesOf, problemOf } from "../state/forecast";
import { attempt } from "../state/notices";
import { byteSize, plural } from "../ui/format";
import { Message } from "../ui/message";
import { Panel } from "../ui/panel";

/** Typing should not ask at every letter, ms. */
const pause = 300;

/** Asks anew whenever the plan or the device is another. */
function useForecasts(plan: Plan | null) {
  const device = useStore(environmentStore, (s) => s.environment?.device);
  useEffect(() => {
    const timer = setTimeout(() => attempt(() => forecastPlan(device ? plan : null)), pause);
    return () => clearTimeout(timer);
  }, [plan, device]);
  return { ...useStore(forecastStore), device };
}

const parts: [string, keyof Foretold["memory"] & ("weights" | "activations" | "optimizer" | "workspace")][] = [
  ["Frozen weights", "weights"],
  ["Activations", "activations"],
  ["Trainables, gradients, moments", "optimizer"],
  ["Workspace: inputs, losses", "workspace"],
];

function Account({ forecast }: { forecast: TrainerForecast }) {
  const { outcome, batch } = forecast;
  const problem = problemOf(forecast);
  const foretold = "error" in outcome ? null : outcome;
  return (
    <>
      <p>
        <strong>{nameOf(forecast)}</strong>
      </p>
      {foretold && (
        <table className="data-table product" aria-label={`Memory of ${nameOf(forecast)}`}>
          <tbody>
            {parts.map(([label, key]) => (
              <tr key={key}>
                <th scope="row">{label}</th>
                <td className="num">{byteSize(foretold.memory[key])}</td>
              </tr>
            ))}
            <tr className="total">
              <th scope="row">In all</th>
              <td className="num">{byteSize(totalBytes(foretold.memory))}</td>
            </tr>
          </tbody>
        </table>
      )}
      {foretold && <p className="dim small">{passesOf(batch, foretold)}</p>}
      {problem && <Message kind="warning" text={problem} />}
    </>
  );
}

interface OthersProps {
  forecasts: readonly TrainerForecast[];
  shown: TrainerForecast;
  onShow: (id: string) => void;
}

function Others({ forecasts, shown, onShow }: OthersProps) {
  return (
    <details className="disclosure">
      <summary className="small">All {plural(forecasts.length, "combination")}</summary>
      <ul className="pick-list">
        {forecasts.map((f) => (
          <li key={f.id}>
            <button
              type="button"
              className="pick-item forecast-item"
              aria-pressed={f === shown}
              onClick={() => onShow(f.id)}
            >
              <span>{nameOf(f)}</span>
              <span className={problemOf(f) ? "bad" : "dim"}>{byteText(f)}</span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function byteText(forecast: TrainerForecast): string {
  const bytes = bytesOf(forecast);
  return bytes === null ? "cannot be trained" : byteSize(bytes);
}

/** @param plan null while it is not whole */
export function MemoryForecast({ plan }: { plan: Plan | null }) {
  const { forecasts, status, error, device } = useForecasts(plan);
  const [chosen, setChosen] = useState<string | null>(null);
  if (status === "idle") return null;
  const shown = forecasts.find((f) => f.id === chosen) ?? foremostOf(forecasts);
  const problems = forecasts.filter((f) => f !== shown && problemOf(f)).length;
  return (
    <Panel title="Memory of a training step" note={status === "working" ? "working it out…" : "forecast"}>
      <div className="stack tight" data-testid="memory-forecast" aria-busy={status === "working"}>
        {error && <Message kind="error" text={error} />}
        {shown && <Account forecast={shown} />}
        {problems > 0 && <p className="small bad">{plural(problems, "other combination")} may not fit.</p>}
        {device?.kind === "wasm" && (
          <p className="dim small">
            On the CPU this is an estimate, of the computer's own memory: onnxruntime lays it out itself.
          </p>
        )}
        {shown && forecasts.length > 1 && <Others forecasts={forecasts} shown={shown} onShow={setChosen} />}
      </div>
    </Panel>
  );
}
