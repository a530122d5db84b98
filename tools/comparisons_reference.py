#!/usr/bin/env python3
"""Golden values for src/bench/comparisons from other implementations of the same tests.

Writes src/bench/comparisons/fixtures/*.json. Never needed at run time. Needs baycomp.
Usage: python3 tools/comparisons_reference.py
"""
import json
from pathlib import Path

import baycomp
import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "src" / "bench" / "comparisons" / "fixtures"


def bayesian_t():
    """Corani & Benavoli's test: posterior probabilities of worse, practically equal, better."""
    rng = np.random.default_rng(5)
    cases = []
    for folds, runs, shift, rope in [(5, 1, 0.0, 0.05), (5, 1, 0.1, 0.05), (5, 5, 0.02, 0.05), (10, 3, 0.0, 0.01), (3, 1, -0.3, 0.05)]:
        a = rng.normal(0.6, 0.05, folds * runs).round(4)
        b = (a + shift + rng.normal(0, 0.03, folds * runs)).round(4)
        worse, equal, better = baycomp.CorrelatedTTest.probs(a, b, rope, runs)
        mean, var, df = baycomp.CorrelatedTTest.compute_statistics(a, b, runs)
        cases.append({
            "folds": folds, "repeats": runs, "equivalence": rope, "a": a.tolist(), "b": b.tolist(),
            "mean": mean, "se": np.sqrt(var), "df": df, "worse": worse, "equal": equal, "better": better,
        })
    return cases


def write(name, value):
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text(json.dumps(value, default=float) + "\n")


if __name__ == "__main__":
    write("bayesian-t.json", bayesian_t())
