/** The units of evaluation as the choices of a field. */
import type { EvaluationUnit } from "../../bench/unit";

const labels: Record<EvaluationUnit, string> = {
  image: "Image",
  "patient-mean": "Patient: mean of the images",
  "patient-maximum": "Patient: highest of the images",
  "patient-noisy-or": "Patient: noisy-or of the images",
};

export const unitChoices = Object.entries(labels).map(([value, label]) => ({ value, label }));
