#!/usr/bin/env python3
"""Golden values for the methods without training: scikit-learn's neighbours and centroids, and Tip-Adapter in NumPy.

Writes src/engine/heads/fixtures/baselines.json. Never needed at run time. Usage: python3 tools/baselines_reference.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.preprocessing import normalize

OUT = Path(__file__).resolve().parent.parent / "src" / "engine" / "fit" / "fixtures" / "baselines.json"


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def mean_square(x):
    return ((x - x.mean(0)) ** 2).sum(1).mean()


def neighbours(x, y, unseen, k, similarity, votes, temperature):
    """Votes by similarity are scikit-learn's weights as a function of its distances."""
    scale = 2 * mean_square(x) * temperature
    by_distance = {"cosine": lambda d: np.exp((1 - d) / temperature), "euclidean": lambda d: np.exp(-(d**2) / scale)}
    weights = "uniform" if votes == "uniform" else by_distance[similarity]
    model = KNeighborsClassifier(k, metric=similarity, weights=weights, algorithm="brute").fit(x, y)
    return model.predict_proba(unseen)


def nearest_mean(x, y, unseen, similarity, temperature):
    """Logits, and the classes that scikit-learn's NearestCentroid predicts: of directions with the cosine."""
    if similarity == "euclidean":
        model = NearestCentroid().fit(x, y)
        squares = ((unseen[:, None] - model.centroids_[None]) ** 2).sum(2)
        return -squares / (2 * mean_square(x) * temperature), model.predict(unseen)
    centroids = normalize(NearestCentroid().fit(normalize(x), y).centroids_)
    logits = normalize(unseen) @ centroids.T / temperature
    return logits, NearestCentroid().fit(centroids, np.arange(len(centroids))).predict(normalize(unseen))


def tip_adapter(x, y, unseen, alpha, beta, temperature, class_weights):
    """As github.com/gaopengcuhk/Tip-Adapter: affinity = features @ keys; exp(-(beta - beta * affinity)) @ values * alpha + base."""
    base, _ = nearest_mean(x, y, unseen, "cosine", temperature)
    affinity = normalize(unseen) @ normalize(x).T
    values = np.eye(base.shape[1])[y] * class_weights[y][:, None]
    return base + np.exp(-(beta - beta * affinity)) @ values * alpha


def rounded(values):
    return np.round(values, 10).tolist()


def case(name, seed, n, d, classes, prior=None):
    rng = np.random.default_rng(seed)
    y = rng.choice(classes, n, p=prior)
    y[:classes] = range(classes)
    centers = 0.7 * rng.normal(size=(classes, d))
    offset = rng.normal(size=d)

    def draw(labels):
        return np.round(rng.normal(size=(len(labels), d)) + centers[labels] + offset, 3)

    x, unseen = draw(y), draw(rng.choice(classes, 9))
    weights = n / (classes * np.bincount(y, minlength=classes))
    knn = [
        {"k": k, "similarity": similarity, "votes": votes, "temperature": temperature}
        for similarity in ("cosine", "euclidean")
        for k, votes, temperature in ((1, "uniform", 1), (5, "uniform", 1), (5, "similarity", 0.07), (9, "similarity", 0.5))
    ]
    means = [
        {"similarity": similarity, "temperature": temperature}
        for similarity in ("cosine", "euclidean")
        for temperature in (0.05, 1)
    ]
    tips = [{"alpha": alpha, "beta": beta, "temperature": 0.1} for alpha, beta in ((0, 5.5), (1, 5.5), (3, 1), (0.1, 20))]

    def of_mean(settings):
        logits, predicted = nearest_mean(x, y, unseen, **settings)
        return {**settings, "probabilities": rounded(softmax(logits)), "predicted": predicted.tolist()}

    return {
        "name": name, "features": x.tolist(), "labels": y.tolist(), "classes": classes,
        "classWeights": weights.tolist(), "unseen": unseen.tolist(),
        "neighbours": [{**s, "probabilities": rounded(neighbours(x, y, unseen, **s))} for s in knn],
        "means": [of_mean(s) for s in means],
        "tips": [{**s, "probabilities": rounded(softmax(tip_adapter(x, y, unseen, class_weights=weights, **s)))} for s in tips],
    }


if __name__ == "__main__":
    cases = [
        case("two classes", 0, 30, 6, 2),
        case("three classes, fewer images than features", 1, 14, 20, 3),
        case("a rare class", 2, 40, 5, 2, [0.85, 0.15]),
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
