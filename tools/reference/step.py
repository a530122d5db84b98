"""What `radapt step` must reproduce: optimisation steps of a fine-tuning method on one batch, done by PyTorch.

`write_case(...)` writes one directory: model.onnx, method.json, batch.safetensors, init.safetensors, args.json and
expected.safetensors (loss [steps], logits [B, C], grad.<name> of the first step, <name> after the last step).
The arithmetic is float64 on float32 initial values, so that the reference carries no rounding of its own; the same
steps in float32 show which elements rounding alone decides (`illConditioned` in args.json): chiefly the bias of an
attention's key projection, whose true gradient is zero while AdamW and Lion scale whatever noise they get to full size.
"""
import copy
import json
import math
import os
import warnings

import numpy as np
import torch
from torch import nn

import methods
import models_cnn
import optimizers
import rewrite
import safetensors_io
from losses import loss_of

HEAD = methods.PREFIX + "classifier."
EVAL, PRESERVE = torch.onnx.TrainingMode.EVAL, torch.onnx.TrainingMode.PRESERVE


def first(output):
    return output[0] if isinstance(output, (tuple, list)) else output


def run(model, method, batch, init, args, dtype):
    """Runs the steps in `dtype`; returns ({name: float64 array}, names without any gradient)."""
    model = copy.deepcopy(model)
    trainables, kept = methods.attach(model, method)
    for name in args["frozen"]:
        trainables.pop(methods.PREFIX + name).requires_grad_(False)
    model.to(dtype).eval()
    head = nn.Linear(init[HEAD + "weight"].shape[1], args["classes"]).to(dtype)
    trainables[HEAD + "weight"], trainables[HEAD + "bias"] = head.weight, head.bias
    with torch.no_grad():
        for name, value in init.items():
            (trainables | kept)[name].copy_(torch.from_numpy(value))
    optimizer = optimizers.make(trainables.values(), args["optimizer"])
    images = torch.from_numpy(batch["pixel_values"]).to(dtype)
    labels = torch.from_numpy(batch["labels"]).long()
    weight = torch.tensor(args["classWeights"], dtype=dtype) if args["classWeights"] else None
    total = len(labels) if weight is None else weight[labels].sum()
    out, losses, absent = {}, [], []
    for step in range(args["steps"]):
        optimizer.zero_grad()
        logits, loss = [], 0
        for part, answers in zip(*(t.split(args.get("microBatch") or len(labels)) for t in (images, labels))):
            logits.append(head(first(model(part))))
            mean = loss_of(logits[-1], answers, weight, args.get("loss"))
            share = mean * (weight[answers].sum() if weight is not None else len(answers)) / total
            share.backward()
            loss += share.item()
        losses.append(loss)
        if step == 0:
            out["logits"] = torch.cat(logits).detach().numpy()
            absent = [n for n, p in trainables.items() if p.grad is None]
            out.update({"grad." + n: p.grad.numpy().copy() for n, p in trainables.items() if p.grad is not None})
        if args.get("headL2"):
            (0.5 * args["headL2"] * head.weight.square().sum()).backward()
        if args.get("clipNorm"):
            torch.nn.utils.clip_grad_norm_(trainables.values(), args["clipNorm"])
        optimizer.step()
    out["loss"] = np.array(losses)
    out.update({n: p.detach().numpy() for n, p in trainables.items() if n not in absent})
    return {n: v.astype(np.float64) for n, v in out.items()}, absent


def ill_conditioned(double, single):
    """{parameter: [[start, end), ...]}: the elements (row-major) whose true gradient is zero but whose rounding is not.

    An element counts when its float64 gradient is below 1e-10 of the largest and not an exact zero in float32, or when
    float32 and float64 disagree after the last step by more than 2e-4 of the tensor's largest value.
    """
    out = {}
    names = [n[len("grad.") :] for n in double if n.startswith("grad.")]
    top = max(np.abs(double["grad." + n]).max() for n in names)
    for name in names:
        g64, g32 = double["grad." + name].ravel(), single["grad." + name].ravel()
        value, rounded = double[name].ravel(), single[name].ravel()
        bad = (np.abs(g64) < 1e-10 * top) & ((g64 != 0) | (g32 != 0))
        bad |= np.abs(value - rounded) > 2e-4 * max(np.abs(value).max(), 1e-6)
        bad[1:-1] |= bad[:-2] & bad[2:]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(int), [0]])))
        if len(edges):
            out[name] = edges.reshape(-1, 2).tolist()
    return out


def initial_values(model, method, features, classes, zero_b, seed):
    """Initial adapter and head: A ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), B zero or normal, the head normal.

    What else a method adds starts near its own initial value, so that every gradient is of a common size.
    """
    rng = np.random.default_rng(seed)
    init = {}
    if method["peft_type"] not in methods.WITHIN_THE_MODEL:
        trainables, frozen = methods.attach(copy.deepcopy(model), method)
        for name, p in trainables.items():
            shape = tuple(p.shape)
            if "lora_A" in name:
                bound = 1 / math.sqrt(np.prod(shape[1:]))
                init[name] = rng.uniform(-bound, bound, shape)
            elif "lora_B" in name:
                init[name] = np.zeros(shape) if zero_b else rng.normal(0, 0.1, shape)
            elif not name.endswith("bias") or method["peft_type"] != "LORA":
                init[name] = p.detach().numpy() * (1 + rng.normal(0, 0.1, shape)) + rng.normal(0, 0.05, shape)
        for name, p in frozen.items():
            bound = math.sqrt(6 / p.shape[1])
            init[name] = rng.uniform(-bound, bound, tuple(p.shape))
    init[HEAD + "weight"] = rng.normal(0, 0.3, (classes, features))
    init[HEAD + "bias"] = rng.normal(0, 0.1, classes)
    return {n: v.astype(np.float32) for n, v in init.items()}


def export(model, images, path, opset, axes, folding=True, training=EVAL):
    """Exports as people do: eval mode, constant folding on. `axes`: "batch", "all" (N, C, H, W free) or "none"."""
    free = {"batch": {0: "batch_size"}, "none": {}}.get(
        axes, {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}
    )
    model = model.eval()
    outputs = model(images)
    names = ["pooler_output", "last_hidden_state"] if isinstance(outputs, tuple) else ["output"]
    dynamic = {"pixel_values": free, **{n: {0: "batch_size"} for n in names}} if free else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, images, path, opset_version=opset, input_names=["pixel_values"], output_names=names,
            dynamic_axes=dynamic, do_constant_folding=folding, training=training,
        )


def write_case(
    directory, model, method, *, opset=14, size=32, batch=4, classes=2, steps=5, optimizer=None, class_weights=None, loss=None,
    zero_b=False, axes="batch", folding=True, export_batch=2, override=(), frozen=(), rewrites=(), labels_type=np.int64,
    unfused=False, fused=False, seed=0, head_l2=0, clip_norm=0, micro_batch=0,
):
    """Writes one case.

    `loss`: as `losses.loss_of` reads it. `override`: backbone parameters whose initial value init.safetensors replaces (FULL, BITFIT). `frozen`: parameters
    that FULL leaves alone because the exporter's constant folding takes them apart, so that no file holds them.
    `unfused`: exported as it is, so that batch normalisations stay nodes of their own and their affine parameters keep their
    names (statistics stay frozen). `fused`: exported in eval mode, where each goes into the convolution before it; the steps
    train that convolution. `head_l2`: coupled penalty on the head's weight. `clip_norm`: the norm to which all gradients
    together are clipped, the penalty's included. `micro_batch`: images whose gradients are taken at a time. `rewrites`: names of rewrites (rewrite.py) that the exported file goes through.
    """
    os.makedirs(directory, exist_ok=True)
    at = lambda name: os.path.join(directory, name)
    model.eval()
    generator = torch.Generator().manual_seed(seed + 1)
    images = torch.randn(batch, 3, size, size, generator=generator)
    labels = (torch.randperm(batch, generator=generator) % classes).numpy().astype(labels_type)
    data = {"pixel_values": images.numpy(), "labels": labels}
    with torch.no_grad():
        features = first(model(images)).shape[1]
    args = {
        "steps": steps,
        "optimizer": optimizers.complete(optimizer),
        **{k: v for k, v in {"headL2": head_l2, "clipNorm": clip_norm, "microBatch": micro_batch}.items() if v},
        "classWeights": class_weights,
        "classes": classes,
        "frozen": list(frozen),
    }
    if loss:
        args["loss"] = loss
    init = initial_values(model, method, features, classes, zero_b, seed + 2)
    for name in override:
        init[methods.PREFIX + name] = (model.state_dict()[name] * 0.9 + 0.05).numpy()
    trained = models_cnn.fuse(copy.deepcopy(model)) if fused else model
    expected, absent = run(trained, method, data, init, args, torch.float64)
    single, _ = run(trained, method, data, init, args, torch.float32)
    args["illConditioned"] = ill_conditioned(expected, single)
    args["withoutGradient"] = absent
    args["features"] = features
    sample = images if axes == "none" else images[:export_batch]
    export(model, sample, at("model.onnx"), opset, axes, folding and not unfused, PRESERVE if unfused else EVAL)
    if rewrites:
        rewrite.rewrite(at("model.onnx"), rewrites)
    safetensors_io.write(at("batch.safetensors"), data)
    safetensors_io.write(at("init.safetensors"), init)
    safetensors_io.write(at("expected.safetensors"), {n: v.astype(np.float32) for n, v in expected.items()})
    for name, value in (("method.json", method), ("args.json", args)):
        with open(at(name), "w") as f:
            json.dump(value, f, indent=2)
            f.write("\n")
    return args
