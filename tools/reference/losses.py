"""Training losses in PyTorch: cross-entropy, focal (arXiv 1708.02002), logit-adjusted (arXiv 2007.07314), label smoothing.

`python3 tools/reference/losses.py` writes src/engine/training/fixtures/losses.json: values and gradients on given logits, for src/engine/training/loss.test.ts and loss.gpu.test.ts.
"""
import json
import os

import torch
import torch.nn.functional as F


def loss_of(logits, labels, weight, spec):
    """The loss that `spec` names; {"name": …, "gamma": …, "tau": …, "prior": […], "labelSmoothing": …} or None.

    Reductions follow torch.nn.CrossEntropyLoss(weight, label_smoothing): the class weighted sum over images, the smoothed
    part weighted class by class, divided by the sum of the labels' weights.
    """
    spec = spec or {}
    name, smoothing = spec.get("name", "cross-entropy"), spec.get("labelSmoothing", 0)
    if name == "logit-adjusted":
        logits = logits + spec.get("tau", 1) * torch.tensor(spec["prior"], dtype=logits.dtype).log()
    if name != "focal":
        return F.cross_entropy(logits, labels, weight=weight, label_smoothing=smoothing)
    classes = logits.shape[1]
    weight = torch.ones(classes, dtype=logits.dtype) if weight is None else weight
    targets = (1 - smoothing) * F.one_hot(labels, classes).to(logits.dtype) + smoothing / classes
    surprise = -F.log_softmax(logits, 1)
    doubt = F.softmax(logits, 1) @ (1 - torch.eye(classes, dtype=logits.dtype))
    rows = (weight * targets * doubt ** spec.get("gamma", 2) * surprise).sum(1)
    return rows.sum() / weight[labels].sum()


def mixed_loss(logits, first, second, share, weight, smoothing):
    """Mixup as its paper's code has it: share·criterion(logits, first) + (1 − share)·criterion(logits, second)."""
    criterion = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)
    return share * criterion(logits, first) + (1 - share) * criterion(logits, second)


LOSSES = [
    {"name": "cross-entropy"},
    {"name": "cross-entropy", "labelSmoothing": 0.1},
    {"name": "focal", "gamma": 2},
    {"name": "focal", "gamma": 0.5},
    {"name": "focal", "gamma": 0},
    {"name": "focal", "gamma": 2, "labelSmoothing": 0.1},
    {"name": "logit-adjusted", "tau": 1, "prior": [0.7, 0.2, 0.1]},
    {"name": "logit-adjusted", "tau": 0.5, "prior": [0.9, 0.08, 0.02], "labelSmoothing": 0.2},
]


def golden():
    torch.manual_seed(0)
    ordinary = torch.randn(6, 3, dtype=torch.float64) * 2
    # Sure predictions, right and wrong: where a naive 1 − p is zero and a naive log p infinite.
    sure = torch.tensor([[40.0, 0, -3], [0, 25, 1], [-90, 5, 60], [0.5, 0.5, 0.5]], dtype=torch.float64)
    batches = [(ordinary, torch.tensor([0, 1, 2, 0, 0, 1])), (sure, torch.tensor([0, 1, 0, 2]))]
    rows = []
    for logits, labels in batches:
        logits = logits.float().double()
        for spec in LOSSES:
            for weights in (None, [0.5, 1.25, 3.0]):
                x = logits.clone().requires_grad_(True)
                loss = loss_of(x, labels, weights and torch.tensor(weights, dtype=torch.float64), spec)
                loss.backward()
                rows.append({
                    "loss": spec, "classWeights": weights, "logits": logits.tolist(), "labels": labels.tolist(),
                    "value": loss.item(), "gradient": x.grad.tolist(),
                })
    mixed = []
    labels = batches[0][1]
    order = torch.tensor([3, 0, 5, 1, 2, 4])
    logits = ordinary.float().double()
    for smoothing in (0, 0.1):
        for weights in (None, [0.5, 1.25, 3.0]):
            weight = weights and torch.tensor(weights, dtype=torch.float64)
            x = logits.clone().requires_grad_(True)
            loss = mixed_loss(x, labels, labels[order], 0.3, weight, smoothing)
            loss.backward()
            mixed.append({
                "logits": logits.tolist(), "labels": labels.tolist(), "order": order.tolist(), "share": 0.3,
                "classWeights": weights, "labelSmoothing": smoothing, "value": loss.item(), "gradient": x.grad.tolist(),
            })
    return {"plain": rows, "mixed": mixed}


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    at = os.path.join(here, "..", "..", "src", "engine", "training", "fixtures", "losses.json")
    with open(at, "w") as f:
        json.dump(golden(), f)
        f.write("\n")
