#!/usr/bin/env python3
"""Golden values for src/engine/fit: probabilities of scikit-learn's LogisticRegression, solved as far as its line search goes.

Writes src/engine/heads/fixtures/logistic.json. Never needed at run time. Usage: python3 tools/probe_reference.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

OUT = Path(__file__).resolve().parent.parent / "src" / "engine" / "fit" / "fixtures" / "logistic.json"


def case(name, seed, n, d, classes, strength, balanced=False, prior=None):
    rng = np.random.default_rng(seed)
    y = rng.choice(classes, n, p=prior)
    y[:classes] = range(classes)
    x = np.round(rng.normal(size=(n, d)) + strength * rng.normal(size=(classes, d))[y], 3)
    unseen = np.round(rng.normal(size=(8, d)) + strength * rng.normal(size=(classes, d))[rng.choice(classes, 8)], 3)
    counts = np.bincount(y, minlength=classes)
    weight = n / (classes * counts) if balanced else np.ones(classes)
    fits = []
    for c in (1e-3, 0.1, 1, 100):
        model = LogisticRegression(C=c, tol=1e-7, max_iter=100_000, solver="newton-cg", class_weight=dict(enumerate(weight)))
        model.fit(x, y)
        fits.append({"C": c, "probabilities": np.round(model.predict_proba(unseen), 8).tolist()})
    return {
        "name": name, "features": x.tolist(), "labels": y.tolist(), "classes": classes,
        "classWeights": weight.tolist(), "unseen": unseen.tolist(), "fits": fits,
    }


if __name__ == "__main__":
    cases = [
        case("two classes", 0, 40, 6, 2, 0.5),
        case("fewer images than features", 1, 12, 30, 2, 0.4),
        case("three classes", 2, 60, 5, 3, 0.6),
        case("a rare class, balanced weights", 3, 50, 6, 2, 0.5, True, [0.85, 0.15]),
        case("four classes, fewer images than features, balanced weights", 4, 16, 24, 4, 0.5, True),
        case("separable", 5, 30, 4, 2, 4),
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
