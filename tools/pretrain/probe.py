"""Linear probe: standardised features, logistic regression, 5 patient-grouped stratified folds, the penalty chosen
inside each training part; Matthews correlation of the pooled held-out predictions with a bootstrap over patients."""
import argparse
import csv
import json
import os

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from images import preprocess
from teacher import POOLED, Teacher

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # C of scikit-learn: smaller is stronger


def classifier(c):
    return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=300, tol=1e-3, class_weight="balanced"))


def held_out(x, y, groups, seed=0):
    """Predictions of the five held-out parts. x [N, D], y [N], groups [N] -> [N]"""
    predicted = np.zeros_like(y)
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(x, y, groups):
        inner = list(StratifiedGroupKFold(3, shuffle=True, random_state=seed).split(x[train], y[train], groups[train]))
        scores = []
        for c in PENALTIES:
            guess = np.zeros(len(train), y.dtype)
            for a, b in inner:
                guess[b] = classifier(c).fit(x[train[a]], y[train[a]]).predict(x[train[b]])
            scores.append(matthews_corrcoef(y[train], guess))
        predicted[test] = classifier(PENALTIES[int(np.argmax(scores))]).fit(x[train], y[train]).predict(x[test])
    return predicted


def score(x, y, groups, resamples=1000, seed=0):
    """-> {mcc, low, high}: 95 % percentile interval over resampled patients."""
    predicted = held_out(x, y, groups)
    rng, patients = np.random.default_rng(seed), np.unique(groups)
    members = {p: np.flatnonzero(groups == p) for p in patients}
    draws = []
    for _ in range(resamples):
        rows = np.concatenate([members[p] for p in rng.choice(patients, len(patients))])
        draws.append(matthews_corrcoef(y[rows], predicted[rows]))
    low, high = np.percentile(draws, [2.5, 97.5])
    return {"mcc": round(matthews_corrcoef(y, predicted), 3), "low": round(low, 3), "high": round(high, 3)}


def labelled(folder):
    """Kermany radiographs -> images, labels [N] (three classes), patients [N]"""
    with open(os.path.join(folder, "labels.csv"), encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda r: r["filename"])
    images = [Image.open(os.path.join(folder, "images", r["filename"])).convert("L") for r in rows]
    y = np.array([("NORMAL", "BACTERIA", "VIRUS").index(r["label"]) for r in rows])
    return images, y, np.array([r["patientid"] for r in rows])


def thumbnails(images):
    return np.stack([np.asarray(i.resize((14, 14), Image.BOX), np.float32).ravel() for i in images])


def encode(function, images, size, batch=32):
    """`function`: [B, 3, size, size] in -1..1 -> [B, D]"""
    x = torch.from_numpy(np.stack([preprocess(i, size) for i in images])).permute(0, 3, 1, 2)
    with torch.no_grad():
        return torch.cat([function(part.float() / 127.5 - 1).flatten(1) for part in x.split(batch)]).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", required=True, help="folder of the three-way radiographs")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[224])
    parser.add_argument("--values", nargs="*", default=[POOLED], help="values of the teacher's graph, averaged over the map")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    images, y, groups = labelled(args.labelled)
    figures = {"thumbnail 14x14": score(thumbnails(images), y, groups)}
    print(figures, flush=True)
    teacher = Teacher(args.teacher)
    for size in args.sizes:
        for value in args.values:
            x = encode(lambda b: teacher(b, [value])[0].mean((2, 3)), images, size)
            figures[f"teacher {value} {size}"] = score(x, y, groups)
            print(size, value, figures[f"teacher {value} {size}"], flush=True)
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
