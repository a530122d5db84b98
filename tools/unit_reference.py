#!/usr/bin/env python3
"""Golden values for figures per patient, from scikit-learn: src/bench/fixtures/units.json.

Never needed at run time. Usage: python3 tools/unit_reference.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn import metrics as sk

PATH = Path(__file__).resolve().parent.parent / "src" / "bench" / "fixtures" / "units.json"
RULES = {
    "patient-mean": lambda p: np.mean(p),
    "patient-maximum": lambda p: np.max(p),
    "patient-noisy-or": lambda p: 1 - np.prod(1 - p),
}


def main():
    """24 patients with one to four images, probabilities that are multiples of 1/1024."""
    rng = np.random.default_rng(11)
    patient = np.repeat(np.arange(24), rng.integers(1, 5, 24))
    # The images of patient 4 differ in their class: such a patient is positive if one image is.
    truth = (patient % 3 == 0).astype(int)
    truth[np.flatnonzero(patient == 4)[-1]] = 1
    score = np.round(1024 / (1 + np.exp(-rng.normal(truth * 1.5 - 1.2, 1.2)))) / 1024
    groups = [patient == p for p in range(24)]
    of_patient = np.array([truth[group].max() for group in groups])
    expected = {}
    for rule, combine in RULES.items():
        combined = np.array([combine(score[group]) for group in groups])
        expected[rule] = {
            "roc_auc": sk.roc_auc_score(of_patient, combined),
            "average_precision": sk.average_precision_score(of_patient, combined),
            "brier": sk.brier_score_loss(of_patient, combined),
            "matthews_corrcoef": sk.matthews_corrcoef(of_patient, combined > 0.5),
        }
    images = [{"patient": f"p{p}", "truth": int(t), "score": float(s)} for p, t, s in zip(patient, truth, score)]
    PATH.write_text(json.dumps({"images": images, "expected": expected}) + "\n")


if __name__ == "__main__":
    main()
