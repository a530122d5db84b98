#!/usr/bin/env python3
"""Golden values for src/bench: metrics from scikit-learn, statistics from SciPy.

Writes src/bench/metrics/fixtures/inputs.json and random-orders.json and src/bench/stats/fixtures/scipy.json and
rewrites the `cases` of every src/bench/metrics/<id>.ts. Never needed at run time. Usage: python3 tools/metrics_reference.py
"""
import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy.special
import scipy.stats
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

ROOT = Path(__file__).resolve().parent.parent / "src" / "bench"


def draw(seed, n, classes, counts, strength=1.0, prior=None):
    """Probabilities that are multiples of 1/counts, so that JSON holds them exactly and ties occur."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, n, p=prior)
    alpha = np.ones((n, classes)) + strength * np.eye(classes)[truth]
    p = np.array([rng.multinomial(counts, rng.dirichlet(a)) for a in alpha]) / counts
    return {"classes": classes, "truth": truth.tolist(), "probabilities": p.tolist()}


def edges():
    """Every edge of ECE's 15 bins and its two neighbours among the doubles: (lower, upper] decides each one's bin."""
    inner = np.linspace(0, 1, 16)[1:-1]
    score = np.concatenate([[0, 1], inner, np.nextafter(inner, 0), np.nextafter(inner, 1)])
    truth = np.random.default_rng(6).choice(2, len(score))
    return {"classes": 2, "truth": truth.tolist(), "probabilities": np.stack([1 - score, score], 1).tolist()}


INPUTS = {
    "binary": draw(1, 60, 2, 4096),
    "binary-ties": draw(2, 40, 2, 4),
    "rare": draw(3, 80, 2, 1024, 2.0, [0.9, 0.1]),
    "constant": {"classes": 2, "truth": [0, 1, 1, 0, 0], "probabilities": [[0.75, 0.25]] * 5},
    "perfect": {"classes": 2, "truth": [0, 1, 1, 0], "probabilities": [[1, 0], [0, 1], [0.25, 0.75], [0.875, 0.125]]},
    "three": draw(4, 70, 3, 256, 1.5),
    "four-rare": draw(5, 90, 4, 16, 2.0, [0.6, 0.2, 0.15, 0.05]),
    "one-class": {"classes": 2, "truth": [0, 0, 0], "probabilities": [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]},
    "all-positive": {"classes": 2, "truth": [1, 1, 1], "probabilities": [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]},
    "bin-edges": edges(),
    "three-one-absent": {
        "classes": 3,
        "truth": [0, 1, 1, 0],
        "probabilities": [[0.5, 0.25, 0.25], [0.25, 0.75, 0], [0.5, 0.5, 0], [0, 0.25, 0.75]],
    },
}


def one_hot(y, p):
    return np.eye(p.shape[1])[y]


def ece(y, p, bins=15):
    binary = p.shape[1] == 2
    score = p[:, 1] if binary else p.max(1)
    hit = y if binary else (p.argmax(1) == y).astype(int)
    truth, mean = calibration_curve(hit, score, n_bins=bins, strategy="uniform")
    ids = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], score)
    return np.sum(np.bincount(ids, minlength=bins)[np.bincount(ids, minlength=bins) > 0] * abs(truth - mean)) / len(y)


def specificity(y, p):
    confusion = sk.multilabel_confusion_matrix(y, p.argmax(1), labels=range(p.shape[1]))
    each = confusion[:, 0, 0] / confusion[:, 0].sum(1)
    return each[1] if p.shape[1] == 2 else each.mean()


# id → (call for two classes, call for more), evaluated with y, p and q = p.argmax(1).
CALLS = {
    "matthews_corrcoef": ("sk.matthews_corrcoef(y, q)",) * 2,
    "average_precision": (
        "sk.average_precision_score(y, p[:, 1])",
        'sk.average_precision_score(one_hot(y, p), p, average="macro")',
    ),
    "roc_auc": ("sk.roc_auc_score(y, p[:, 1])", 'sk.roc_auc_score(one_hot(y, p), p, average="macro")'),
    "balanced_accuracy": ("sk.balanced_accuracy_score(y, q)",) * 2,
    "sensitivity": ("sk.recall_score(y, q)", 'sk.recall_score(y, q, average="macro")'),
    "specificity": ("sk.recall_score(y, q, pos_label=0)", "specificity(y, p)"),
    "f1": ("sk.f1_score(y, q)", 'sk.f1_score(y, q, average="macro")'),
    "accuracy": ("sk.accuracy_score(y, q)",) * 2,
    "brier": ("sk.brier_score_loss(y, p[:, 1])", "np.mean(np.sum((p - one_hot(y, p)) ** 2, axis=1))"),
    "log_loss": ("sk.log_loss(y, p, labels=range(p.shape[1]))",) * 2,
    "ece": ("ece(y, p)",) * 2,
}
NAN = "Number.NaN"
# What Radapt declares undefined, whatever scikit-learn returns or raises: a class that the metric needs is absent.
UNDEFINED = {
    "one-class": {"matthews_corrcoef", "average_precision", "roc_auc", "balanced_accuracy", "sensitivity", "f1"},
    "all-positive": {"matthews_corrcoef", "average_precision", "roc_auc", "balanced_accuracy", "specificity"},
    "three-one-absent": {"average_precision", "roc_auc", "balanced_accuracy", "sensitivity", "f1"},
}


def cases(metric):
    rows = []
    for name, data in INPUTS.items():
        y, p = np.array(data["truth"]), np.array(data["probabilities"], dtype=float)
        call = CALLS[metric][0 if data["classes"] == 2 else 1]
        if metric in UNDEFINED.get(name, ()):
            expected, call = NAN, "undefined: a class is absent"
        else:
            expected = repr(float(eval(call, globals(), {"y": y, "p": p, "q": p.argmax(1)})))
        rows.append(f"    {{ input: \"{name}\", expected: {expected}, call: {json.dumps(call)} }},")
    return "cases: [\n" + "\n".join(rows) + "\n  ],"


def random_orders():
    """Mean average precision over all orders of `positives` among `images`: what random scores reach."""
    rows = []
    for images, positives in [(5, 1), (6, 2), (10, 3), (12, 9), (14, 4)]:
        placings = list(combinations(range(images), positives))
        truths = np.zeros((len(placings), images), int)
        for truth, placing in zip(truths, placings):
            truth[list(placing)] = 1
        values = [sk.average_precision_score(truth, np.arange(images, 0, -1)) for truth in truths]
        rows.append({"images": images, "positives": positives, "mean": np.mean(values)})
    return rows


def student_quantile(q, df):
    """Through betaincinv: scipy.stats.t.ppf of SciPy 1.10 (cdflib) is right to about 1e-9 only."""
    if q == 0.5:
        return 0.0
    x = scipy.special.betaincinv(df / 2, 0.5, 2 * min(q, 1 - q))
    t = np.sqrt(df * (1 - x) / x) if x < 0.5 else np.sqrt(df * scipy.special.betaincinv(0.5, df / 2, 1 - 2 * min(q, 1 - q)) / x)
    return t if q > 0.5 else -t


def statistics():
    t = [
        {"df": df, "q": q, "t": student_quantile(q, df)}
        for df in [1, 2, 3, 4, 9, 14, 29, 99, 1000]
        for q in [0.001, 0.025, 0.2, 0.5, 0.8, 0.95, 0.975, 0.995]
    ]
    p = [{"df": df, "t": x, "p": scipy.stats.t.cdf(x, df)} for df in [1, 2, 4, 14, 100] for x in [-8.0, -1.5, 0.0, 0.1, 2.0, 12.0]]
    beta = [
        {"a": a, "b": b, "x": x, "value": scipy.special.betainc(a, b, x)}
        for a, b in [(0.5, 0.5), (2, 0.5), (7, 3), (0.5, 50), (500, 0.5), (100, 120)]
        for x in [0.0, 1e-6, 0.1, 0.5, 0.9, 0.999, 1.0]
    ]
    lgamma = [{"x": x, "value": scipy.special.gammaln(x)} for x in [0.1, 0.5, 1, 1.5, 2, 7.25, 50, 1234.5]]
    normal = [{"q": q, "z": scipy.stats.norm.ppf(q)} for q in [1e-6, 0.01, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999]]
    wilson = []
    for k, n, level in [(0, 10, 0.95), (3, 10, 0.95), (10, 10, 0.95), (81, 263, 0.95), (1, 1, 0.95), (3, 10, 0.8), (7, 9, 0.99)]:
        interval = scipy.stats.binomtest(k, n).proportion_ci(level, method="wilson")
        wilson.append({"successes": k, "n": n, "level": level, "low": interval.low, "high": interval.high})
    a = [0.41, 0.52, 0.37, 0.6, 0.48, 0.44, 0.5, 0.39, 0.55, 0.47]
    b = [0.35, 0.5, 0.4, 0.49, 0.41, 0.4, 0.43, 0.41, 0.5, 0.4]
    d = np.subtract(a, b)
    low, high = (np.mean(a) + sign * student_quantile(0.975, len(a) - 1) * scipy.stats.sem(a) for sign in (-1, 1))
    assert np.allclose((low, high), scipy.stats.t.interval(0.95, len(a) - 1, np.mean(a), scipy.stats.sem(a)), atol=1e-8)
    se = np.sqrt((1 / len(d) + 1 / 4) * d.var(ddof=1))
    half = student_quantile(0.975, len(d) - 1) * se
    paired = {
        "a": a,
        "b": b,
        "folds": 5,
        "mean": {"mean": np.mean(a), "sd": np.std(a, ddof=1), "low": low, "high": high},
        "difference": {
            "mean": d.mean(),
            "low": d.mean() - half,
            "high": d.mean() + half,
            "p": 2 * scipy.stats.t.sf(abs(d.mean() / se), len(d) - 1),
        },
        "plainP": scipy.stats.ttest_rel(a, b).pvalue,
    }
    x = [0.3, 0.1, 0.9, 0.4, 0.75]
    quantile = {"x": x, "values": [{"q": q, "value": np.quantile(x, q)} for q in [0, 0.025, 0.3, 0.5, 0.975, 1]]}
    return {"t": t, "p": p, "beta": beta, "lgamma": lgamma, "normal": normal, "wilson": wilson, "paired": paired, "quantile": quantile}


def plain(value):
    return float(value) if isinstance(value, np.floating) else int(value)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, default=plain) + "\n")


if __name__ == "__main__":
    write(ROOT / "metrics/fixtures/inputs.json", INPUTS)
    write(ROOT / "metrics/fixtures/random-orders.json", random_orders())
    write(ROOT / "stats/fixtures/scipy.json", statistics())
    for metric in CALLS:
        path = ROOT / "metrics" / f"{metric.replace('_', '-')}.ts"
        text, found = re.subn(r"cases: \[.*?\n?\s*\],", lambda _: cases(metric), path.read_text(), flags=re.S)
        assert found == 1, path
        path.write_text(text)
