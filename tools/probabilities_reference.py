#!/usr/bin/env python3
"""Golden values for src/bench/probabilities, from scikit-learn, statsmodels, SciPy, dcurves and MAPIE.

Writes src/bench/probabilities/fixtures/reference.json. Never needed at run time.
Usage: pip install scikit-learn statsmodels dcurves mapie; python3 tools/probabilities_reference.py
"""
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from dcurves import dca
from mapie.classification import SplitConformalClassifier
from scipy.optimize import brentq
from scipy.special import expit, logit, log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import _sigmoid_calibration, _TemperatureScaling, calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

OUT = Path(__file__).resolve().parent.parent / "src/bench/probabilities/fixtures/reference.json"


def two_classes(seed, n, patients, prevalence=0.3, slope=1.8, shift=0.6):
    """Outcomes, and probabilities that are too sure (slope above 1) and too high (shift above 0)."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(patients, size=n)
    true = logit(prevalence) + 1.2 * rng.normal(size=patients)[patient] + 0.4 * rng.normal(size=n)
    truth = (rng.random(n) < expit(true)).astype(int)
    return {"truth": truth, "p": np.round(expit(slope * true + shift), 4), "patient": patient}


def three_classes(seed, n):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) * 1.5 + [0.8, 0.2, 0]
    truth = np.array([rng.choice(3, p=row) for row in softmax(z, 1)])
    p = softmax(2.2 * z, 1)
    return {"truth": truth, "probabilities": p}


def prior_correction():
    """A saturated model: with one column per cell, the weighted fit gives each cell q = w·n_c / Σ w·n, exactly."""
    counts = np.array([[60, 3], [30, 6], [14, 12], [5, 9]])
    labels = np.repeat([0, 1] * 4, counts.ravel())
    cell = np.repeat(np.repeat(range(4), 2), counts.ravel())
    fit = lambda weight: LogisticRegression(C=np.inf, class_weight=weight, fit_intercept=False, tol=1e-12, solver="newton-cg").fit(
        np.eye(4)[cell], labels
    ).predict_proba(np.eye(4))
    return {
        "classCounts": counts.sum(0),
        "balanced": fit("balanced"),
        "plain": fit(None),
    }


def temperature(truth, logits):
    z, rows = np.asarray(logits), np.arange(len(truth))
    slope = lambda b: np.sum((softmax(b * z, 1) * z).sum(1) - z[rows, truth])
    exact = 1 / brentq(slope, 1e-6, 1e3, xtol=1e-15, rtol=1e-14)
    ours = 1 / _TemperatureScaling().fit(z, truth).beta_
    assert np.isclose(exact, ours, rtol=1e-6), (exact, ours)
    return {"temperature": exact, "logLoss": -log_softmax(z / exact, 1)[rows, truth].mean()}


def platt(truth, score):
    positives, negatives = truth.sum(), (1 - truth).sum()
    target = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Fractional outcomes.
        fit = sm.GLM(target, sm.add_constant(score), family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200)
    a, b = _sigmoid_calibration(score, truth)
    assert np.allclose(fit.params, [-b, -a], atol=2e-4), (fit.params, a, b)
    return {"intercept": fit.params[0], "slope": fit.params[1]}


def recalibration(truth, p, patient):
    """Slope with its intercept, and the intercept at slope 1: plain errors, and errors by cluster."""
    x = logit(p)
    fits = {
        "slope": (sm.add_constant(x), None),
        "large": (np.ones((len(x), 1)), x),
    }
    out = {}
    for name, (design, offset) in fits.items():
        model = sm.GLM(truth, design, family=sm.families.Binomial(), offset=offset)
        plain = model.fit(tol=1e-14, maxiter=200)
        cluster = model.fit(tol=1e-14, maxiter=200, cov_type="cluster", cov_kwds={"groups": patient})
        out[name] = {"estimate": plain.params, "se": plain.bse, "clusterSe": cluster.bse, "interval": cluster.conf_int()}
    return out


def reliability(truth, p, bins):
    observed, mean = calibration_curve(truth, p, n_bins=bins, strategy="quantile")
    return {"bins": bins, "observed": observed, "mean": mean}


def thresholds(truth, p):
    fpr, tpr, at = roc_curve(truth, p, drop_intermediate=False)
    pick = lambda i: {"threshold": at[i], "sensitivity": tpr[i], "specificity": 1 - fpr[i]}
    finite = np.isfinite(at)
    youden = np.flatnonzero(finite)[np.argmax((tpr - fpr)[finite])]
    return {
        "youden": pick(youden),
        "sensitivity": [{"target": t, **pick(np.argmax(tpr >= t))} for t in (0.5, 0.8, 0.9, 0.95, 1)],
        "specificity": [{"target": t, **pick(np.flatnonzero(finite & (1 - fpr >= t))[-1])} for t in (0.5, 0.8, 0.9)],
    }


def decision_curve(truth, p):
    at = [0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 0.9]
    table = dca(pd.DataFrame({"y": truth, "model": p}), outcome="y", modelnames=["model"], thresholds=at)
    by = lambda name: table[table.model == name].sort_values("threshold").net_benefit.to_numpy()
    return {"thresholds": at, "model": by("model"), "all": by("all"), "none": by("none")}


class Given(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose features are its probabilities."""

    def fit(self, x, y):
        self.classes_, self.n_features_in_ = np.arange(x.shape[1]), x.shape[1]
        return self

    def predict_proba(self, x):
        return np.asarray(x)

    def predict(self, x):
        return np.argmax(x, 1)


def conformal(calibration, test, level):
    p, y = calibration["probabilities"], calibration["truth"]
    model = Given().fit(p, y)
    split = SplitConformalClassifier(model, confidence_level=level, conformity_score="lac", prefit=True).conformalize(p, y)
    sets = split.predict_set(test["probabilities"])[1][:, :, 0]
    rank = lambda s: int(np.ceil((len(s) + 1) * level))
    quantile = lambda s: np.sort(s)[rank(s) - 1] if rank(s) <= len(s) else np.inf
    score = 1 - p[np.arange(len(y)), y]
    assert (sets == (1 - test["probabilities"] <= quantile(score))).all()
    limits = [quantile(score[y == c]) for c in range(p.shape[1])]
    classwise = 1 - test["probabilities"] <= limits
    covered = lambda of: of[np.arange(len(of)), test["truth"]].mean()
    return {
        "level": level,
        "limit": quantile(score),
        "sets": sets.sum(1),
        "coverage": covered(sets),
        "classLimits": limits,
        "classSets": classwise.sum(1),
        "classCoverage": covered(classwise),
    }


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return float(value) if isinstance(value, np.floating) else int(value)


if __name__ == "__main__":
    binary, small = two_classes(1, 180, 70), two_classes(7, 24, 12)
    three, test = three_classes(3, 150), three_classes(4, 60)
    for data in (three, test):
        data["probabilities"] = np.round(data["probabilities"], 5)
        data["probabilities"][:, 0] = np.round(1 - data["probabilities"][:, 1:].sum(1), 5)
    logits = lambda p: np.log(np.stack([1 - p, p], 1))
    each = lambda of: [of(data) for data in (binary, small)]
    value = {
        "binary": [binary, small],
        "three": {"calibration": three, "test": test},
        "priorCorrection": prior_correction(),
        "temperature": each(lambda d: temperature(d["truth"], logits(d["p"])))
        + [temperature(three["truth"], np.log(np.maximum(three["probabilities"], 1e-5)))],
        "platt": each(lambda d: platt(d["truth"], logit(d["p"]))),
        "recalibration": each(lambda d: recalibration(d["truth"], d["p"], d["patient"])),
        "reliability": [reliability(binary["truth"], binary["p"], k) for k in (5, 10)]
        + [reliability(small["truth"], np.round(small["p"], 1), 5)],
        "thresholds": each(lambda d: thresholds(d["truth"], d["p"])),
        "decisionCurve": each(lambda d: decision_curve(d["truth"], d["p"])),
        "conformal": [conformal(three, test, level) for level in (0.8, 0.9)],
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(value, default=plain).replace("Infinity", "null") + "\n")
