"""Compares Radapt's linear probe with scikit-learn's LogisticRegression on the same features, folds and class weights.

    radapt run plan.json --out DIR
    python3 tools/compare_probe.py DIR

Reads DIR/results.json (splits, predictions, metrics) and DIR/features (what the runs trained on). Prints one line per run and
the largest differences; exits 1 when a run's MCC differs by more than 0.05 or a probability by more than 1e-3.
"""

import base64
import json
import pathlib
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef
from sklearn.preprocessing import StandardScaler

MCC_TOLERANCE, PROBABILITY_TOLERANCE = 0.05, 1e-3


def read_features(folder):
    """Image SHA-256 → feature, by backbone SHA-256 and settings."""
    groups = {}
    for path in pathlib.Path(folder).glob("*/*.jsonl"):
        rows = {}
        for line in path.read_text().splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            rows[row["image"]] = decode(row["feature"])
        groups.setdefault(path.parent.name, []).append(rows)
    return groups


def decode(feature):
    if isinstance(feature, str):
        return np.frombuffer(base64.b64decode(feature), dtype="<f4")
    return np.asarray(feature, dtype=np.float32)


def main(folder):
    folder = pathlib.Path(folder)
    results = json.loads((folder / "results.json").read_text())
    features = read_features(folder / "features")
    hashes = {i["name"]: i["sha256"] for i in results["images"]}
    labels = {i["name"]: i["label"] for i in results["images"]}
    worst_mcc, worst_probability = 0.0, 0.0
    for record in results["records"]:
        config = record["config"]
        if "C" not in config["method"]["config"] or config["training"]["headL2"] > 0:
            continue
        rows = next(g for g in features[config["backbone"]["sha256"]] if hashes[record["split"]["train"][0]] in g)
        take = lambda names: np.stack([rows[hashes[n]] for n in names]).astype(np.float64)
        train, test = record["split"]["train"], record["split"]["test"]
        scaler = StandardScaler().fit(take(train))
        model = LogisticRegression(
            C=record.get("penalty", config["method"]["config"]).get("chosen", config["method"]["config"]["C"]),
            class_weight="balanced" if config["training"]["classWeights"] == "balanced" else None,
            max_iter=10000,
            tol=1e-8,
        ).fit(scaler.transform(take(train)), [labels[n] for n in train])
        probabilities = model.predict_proba(scaler.transform(take(test)))
        ours = np.array([p["probabilities"] for p in record["predictions"]])
        truth = [labels[n] for n in test]
        theirs_mcc = matthews_corrcoef(truth, probabilities.argmax(1))
        ours_mcc = record["metrics"]["matthews_corrcoef"]
        difference = float(np.abs(ours - probabilities).max())
        worst_mcc = max(worst_mcc, abs(theirs_mcc - ours_mcc))
        worst_probability = max(worst_probability, difference)
        regime = config["regime"] if isinstance(config["regime"], str) else f"{config['regime']['shots']}-shot"
        print(
            f"{record['labels']['backbone']:>16} {regime:>8} part {config['split']['part']} seed {config['seed']}: "
            f"MCC {ours_mcc:.4f}, scikit-learn {theirs_mcc:.4f}; probabilities differ by at most {difference:.4f}"
        )
    print(f"largest difference: MCC {worst_mcc:.4f}, probability {worst_probability:.4f}")
    return 0 if worst_mcc <= MCC_TOLERANCE and worst_probability <= PROBABILITY_TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
