/**
 * The shortcut audit shows what a classifier reaches that cannot see the disease. Each input is a
 * trivial description of an image. A logistic regression on it runs on the same parts of the split
 * as the plan's methods. DeGrave et al. 2021, doi:10.1038/s42256-021-00338-7, show why.
 */
import type { RunConfig } from "../record";

export const auditInputs = {
  thumbnail: "14 × 14 thumbnail",
  border: "border pixels",
  metadata: "image size and acquisition",
  clinical: "age and sex",
} as const;
export type AuditInput = keyof typeof auditInputs;

/** Method id of the audit's runs. No network and no adapter belongs to it. */
export const auditMethod = "shortcut";

/** Sides of the thumbnail, and of the grid whose outer ring is the border: 5 % of a side each. */
export const thumbnailSide = 14;
export const borderSide = 20;

/** True for a run of the audit, which no table or comparison of methods may hold. */
export const isAudit = ({ method }: Pick<RunConfig, "method">): boolean => method.id === auditMethod;

export const auditInputOf = ({ method }: Pick<RunConfig, "method">): AuditInput => method.config.input as AuditInput;

/** Records or runs of a plan's methods, and those of the audit. */
export function separateAudit<Run extends { config: Pick<RunConfig, "method"> }>(
  runs: readonly Run[],
): { methods: Run[]; audit: Run[] } {
  return {
    methods: runs.filter(({ config }) => !isAudit(config)),
    audit: runs.filter(({ config }) => isAudit(config)),
  };
}

const clinicalName = /(^|[^a-z])(age|sex|gender)([^a-z]|$)|^(age|sex|gender)/i;

/** Whether a kept column describes the patient; all others describe how the image was taken. */
export const isClinical = (column: string): boolean => clinicalName.test(column);
