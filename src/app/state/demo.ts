/**
 * The demo in one click: synthetic phantoms, a plan that takes about a minute, and results that
 * appear as runs finish.
 */
import { planSchema } from "../../bench/plan";
import type { StoredPlan } from "../../worker/protocol";
import { backbonesStore, ensureBackbones } from "./backbones";
import { methodMeta } from "./methods";
import { importDemo } from "./opening";
import { storePlan, waitingRuns } from "./plan-runs";
import { startPlan } from "./queue";

/**
 * Stores a plan of linear probe and LoRA, few-shot and full, three folds. It fills every chart and
 * takes two slow cores about a minute.
 */
async function storeDemoPlan(datasetId: string): Promise<StoredPlan | null> {
  await ensureBackbones();
  const backbone = backbonesStore.getState().backbones.find((b) => b.origin === "embedded");
  if (!backbone) return null;
  return storePlan(
    planSchema.parse({
      name: "Demo: synthetic chest phantoms",
      dataset: { id: datasetId },
      backbones: [{ id: backbone.id }],
      methods: [
        { id: "linear-probe" },
        { id: "lora", config: { r: 4 }, training: { epochs: 3, lr: 0.01, headLr: 0.03, patience: 0 } },
      ].filter(({ id }) => methodMeta(id)),
      regimes: [{ shots: 4 }, { shots: 8 }, "full"],
      folds: 3,
      seeds: [0],
      audit: true,
    }),
  );
}

/**
 * Imports the phantoms, stores the plan and starts it. Calls `onReady` when the runs begin, so that
 * the page can move to Results.
 */
export async function runDemo(onReady: () => void): Promise<void> {
  const datasetId = await importDemo();
  if (!datasetId) return;
  const plan = await storeDemoPlan(datasetId);
  if (!plan)
    throw new Error(
      "The shipped backbone was not found. Reload the page; if that does not help, open an .onnx file under Plan.",
    );
  const waiting = await waitingRuns(plan, datasetId);
  onReady();
  await startPlan(plan, waiting);
}
