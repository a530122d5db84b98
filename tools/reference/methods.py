"""The fine-tuning methods as PEFT defines them, written anew for a plain torch module.

`attach(model, config)` freezes the model, adds what the method trains and returns the trainables under the names
that a PEFT checkpoint gives them: {"base_model.model.<name>": parameter}. The head is not part of it.
LoRA: Hu et al. 2021, arXiv 2106.09685; rank-stabilised scaling: Kalajdzievski 2023, arXiv 2312.03732;
BitFit: Ben Zaken et al. 2021, arXiv 2106.10199.
"""
import math
import re

import torch
from torch import nn

PREFIX = "base_model.model."


class Lora(nn.Module):
    """y = base(x) + s * B(A(x)); for a convolution A has the layer's kernel, stride and padding and B is 1 x 1."""

    def __init__(self, base, r, scale):
        super().__init__()
        self.base, self.scale = base, scale
        if isinstance(base, nn.Conv2d):
            self.lora_A = nn.Conv2d(base.in_channels, r, base.kernel_size, base.stride, base.padding, bias=False)
            self.lora_B = nn.Conv2d(r, base.out_channels, 1, bias=False)
        else:
            self.lora_A = nn.Linear(base.in_features, r, bias=False)
            self.lora_B = nn.Linear(r, base.out_features, bias=False)

    def forward(self, x):
        return self.base(x) + self.scale * self.lora_B(self.lora_A(x))


def is_target(name, module, wanted):
    """PEFT's rule: a list matches a whole name or its last parts, a string is a regular expression for the whole name."""
    if wanted == "all-linear":
        return isinstance(module, nn.Linear)
    if isinstance(wanted, str):
        return re.fullmatch(wanted, name) is not None
    return any(name == w or name.endswith("." + w) for w in wanted)


def from_pattern(patterns, name, default):
    """`rank_pattern` / `alpha_pattern`: the first key that is the name or a regular expression for its end."""
    for key, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({key})$", name):
            return value
    return default


def attach_lora(model, config):
    targets = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, (nn.Linear, nn.Conv2d)) and is_target(name, module, config["target_modules"])
    ]
    assert targets, f"no module matches {config['target_modules']}"
    trainables = {}
    for name, module in targets:
        r = from_pattern(config.get("rank_pattern"), name, config["r"])
        alpha = from_pattern(config.get("alpha_pattern"), name, config["lora_alpha"])
        layer = Lora(module, r, alpha / math.sqrt(r) if config.get("use_rslora") else alpha / r)
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, layer)
        trainables[f"{PREFIX}{name}.lora_A.weight"] = layer.lora_A.weight
        trainables[f"{PREFIX}{name}.lora_B.weight"] = layer.lora_B.weight
    return trainables


def checkpoint_name(name):
    """A backbone's own `classifier` would take the head's name."""
    return f"{PREFIX}backbone.{name}" if name in ("classifier.weight", "classifier.bias") else PREFIX + name


def attach(model, config):
    """Freezes `model`, applies the method of `config` (method.json) and returns its trainables by checkpoint name."""
    kind = config["peft_type"]
    model.requires_grad_(False)
    if kind == "LORA":
        trainables = attach_lora(model, config)
    elif kind == "LINEAR_PROBE":
        trainables = {}
    elif kind == "FULL":
        trainables = {checkpoint_name(n): p for n, p in model.named_parameters()}
    elif kind == "BITFIT":
        trainables = {checkpoint_name(n): p for n, p in model.named_parameters() if n.endswith("bias")}
    else:
        raise ValueError(f"unknown peft_type {kind}")
    for p in trainables.values():
        p.requires_grad_(True)
    return trainables
