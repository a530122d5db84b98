#!/usr/bin/env python3
"""Golden values for src/bench/comparisons from other implementations of the same tests.

Writes src/bench/comparisons/fixtures/*.json. Never needed at run time. Needs baycomp, MLstatkit,
scikit-learn, scikit-posthocs, SciPy.
Usage: python3 tools/comparisons_reference.py
"""
import json
from pathlib import Path

import baycomp
import numpy as np
import scikit_posthocs
import scipy.stats
from MLstatkit import Delong_test
from sklearn.metrics import roc_auc_score

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


def delong():
    """DeLong's test of two correlated ROC areas, one image per patient."""
    rng = np.random.default_rng(11)
    cases = []
    for n, positives, decimals, gain in [(40, 15, 6, 0.6), (60, 30, 1, 0.2), (200, 40, 3, 0.4)]:
        truth = np.arange(n) < positives
        shared = rng.normal(0, 1, n) + 1.2 * truth
        a = (shared + rng.normal(0, 0.6, n) + gain * truth).round(decimals)
        b = (shared + rng.normal(0, 0.6, n)).round(decimals)
        z, p, *_ = Delong_test(truth.astype(int), a, b, return_ci=False, return_auc=False)
        cases.append({
            "truth": truth.astype(int).tolist(), "a": a.tolist(), "b": b.tolist(), "z": -z, "p": p,
            "aucA": roc_auc_score(truth, a), "aucB": roc_auc_score(truth, b),
        })
    return cases


def friedman():
    """Friedman's test (chi-square; p of Iman and Davenport's F) and Nemenyi's, treatments in columns."""
    rng = np.random.default_rng(7)
    cases = []
    for blocks, treatments, decimals, gain in [(5, 3, 3, 0.1), (6, 4, 1, 0.2), (12, 6, 3, 0.03)]:
        x = (rng.normal(0.6, 0.08, (blocks, treatments)) + gain * np.arange(treatments)).round(decimals)
        chi = scipy.stats.friedmanchisquare(*x.T).statistic
        f = (blocks - 1) * chi / (blocks * (treatments - 1) - chi)
        cases.append({
            "values": x.tolist(), "chiSquare": chi,
            "p": scipy.stats.f.sf(f, treatments - 1, (treatments - 1) * (blocks - 1)),
            "meanRanks": scipy.stats.rankdata(-x, axis=1).mean(0).tolist(),
            "pairP": scikit_posthocs.posthoc_nemenyi_friedman(x).to_numpy().tolist(),
        })
    ranges = [
        {"k": k, "p": p, "q": scipy.stats.studentized_range.ppf(p, k, np.inf)} for k in [2, 3, 5, 10] for p in [0.9, 0.95, 0.99]
    ]
    return {"cases": cases, "ranges": ranges}


def write(name, value):
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text(json.dumps(value, default=float) + "\n")


if __name__ == "__main__":
    write("bayesian-t.json", bayesian_t())
    write("delong.json", delong())
    write("friedman.json", friedman())
