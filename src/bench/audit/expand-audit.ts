/** The runs of the shortcut audit: each trivial input on every part of the plan's split. */
import { configHash } from "../../base";
import type { PlannedRun } from "../expand";
import { type Plan, planSplit, planSplitSeeds } from "../plan";
import { partsOf, type SplitDataset, splitOfRun } from "../protocols";
import type { RunConfig } from "../record";
import { trainingSchema } from "../training";
import { type AuditInput, auditInputs, auditMethod, isClinical, thumbnailSide } from "./inputs";

/** What of a dataset the audit reads. A `DatasetRow` has it. */
export interface AuditedDataset extends SplitDataset {
  name: string;
  fingerprint: string;
  images: readonly (SplitDataset["images"][number] & { sha256: string; columns?: Record<string, string> })[];
}

/** No network: the image alone, stretched to a square. */
const noBackbone: RunConfig["backbone"] = {
  sha256: "none",
  feature: "none",
  preprocessing: {
    size: thumbnailSide,
    resize: thumbnailSide,
    interpolation: "bilinear",
    crop: "stretch",
    mean: [0, 0, 0],
    std: [1, 1, 1],
  },
};

/** @returns no runs where the plan has no audit, as plans that an earlier version stored */
export async function expandAudit(plan: Plan, dataset: AuditedDataset): Promise<PlannedRun[]> {
  if (plan.audit !== true) return [];
  const split = planSplit(plan);
  const parts = partsOf(split, dataset);
  const methods = await auditMethods(dataset);
  const { classWeights, effectiveBeta } = plan.training;
  const training = trainingSchema.parse({ classWeights, effectiveBeta });
  return planSplitSeeds(plan).flatMap((splitSeed) =>
    plan.regimes.flatMap((regime) =>
      (regime === "full" ? plan.seeds.slice(0, 1) : plan.seeds).flatMap((seed) =>
        parts.flatMap((part) =>
          methods.map(
            ({ method, label }): PlannedRun => ({
              config: {
                protocol: 1,
                dataset: dataset.fingerprint,
                backbone: noBackbone,
                method,
                training,
                regime,
                split: splitOfRun(split, dataset, { splitSeed, part }),
                seed,
              },
              labels: { dataset: dataset.name, backbone: "no network", method: label },
            }),
          ),
        ),
      ),
    ),
  );
}

/** The inputs that the dataset has, with a hash of the columns that they read. */
async function auditMethods({ images }: AuditedDataset) {
  const chosen = async (input: AuditInput) => {
    const reads = readsColumns[input];
    const values = reads
      ? images.map(({ columns }) => Object.entries(columns ?? {}).filter(([name]) => reads(name)))
      : [];
    if (input === "clinical" && values.every((own) => own.length === 0)) return [];
    const columns = reads && { columns: await configHash(images.map(({ sha256 }, i) => [sha256, values[i]])) };
    return [{ method: { id: auditMethod, config: { input, ...columns } }, label: `Shortcut: ${auditInputs[input]}` }];
  };
  return (await Promise.all((Object.keys(auditInputs) as AuditInput[]).map(chosen))).flat();
}

/** The kept columns that an input reads; null for one that reads pixels alone. */
const readsColumns: Record<AuditInput, ((column: string) => boolean) | null> = {
  thumbnail: null,
  border: null,
  metadata: (column) => !isClinical(column),
  clinical: isClinical,
};
