/** Finds what a plan names: its dataset, and its backbones with their files. */
import { RadaptError } from "../base";
import type { Plan } from "../bench/plan";
import type { BackboneRow } from "../models/types";
import type { BackboneSource } from "../runner/backbone-session";
import { resolveBackbone } from "../runner/resolve";

/** Id of the dataset that a plan names. The demo is the synthetic one. */
export async function datasetId(plan: Plan, datasets: readonly { id: string; synthetic: boolean }[]): Promise<string> {
  const ref = plan.dataset;
  const found = "id" in ref ? ref.id : "demo" in ref ? datasets.find(({ synthetic }) => synthetic)?.id : undefined;
  if (found === undefined) throw noDataset();
  return found;
}

export async function sourcesOf(
  plan: Plan,
  rows: readonly BackboneRow[],
  bytes: (row: BackboneRow) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<BackboneSource[]> {
  return plan.backbones.map((ref) => {
    const row = rows.find(({ id }) => id === ref.id);
    if (!row) throw unknownBackbone(ref.name ?? ref.id ?? "");
    return { ...resolveBackbone(ref, row), bytes: () => bytes(row), external: row.external };
  });
}

export function unknownBackbone(name: string): RadaptError {
  return new RadaptError(`The backbone "${name}" is not on this machine.`, {
    code: "backbone.missing",
    remedy: "Open or pull it again, or take it out of the plan.",
  });
}

export function noDataset(): RadaptError {
  return new RadaptError("The plan's dataset is not on this machine.", {
    code: "dataset.missing",
    remedy: "Import it again; the plan finds it by its content.",
  });
}
