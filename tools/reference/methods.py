"""The fine-tuning methods as PEFT and their papers define them, written anew for a plain torch module.

`attach(model, config)` freezes the model, adds what the method trains and returns two dictionaries by the names of a PEFT
checkpoint: the trainables, and the tensors that belong to the adapter without being trained. The head is not part of it.
LoRA: arXiv 2106.09685, rank-stabilised scaling 2312.03732; DoRA: 2402.09353; VeRA: 2310.11454; IA3: 2205.05638;
BitFit: 2106.10199; LayerNorm tuning: 2312.11420; SSF: 2210.08823; bottleneck adapters: 1902.00751; VPT: 2203.12119.
"""
import copy
import math
import re

import torch
from torch import nn

PREFIX = "base_model.model."
NORMS = (nn.LayerNorm, nn.BatchNorm2d)


def channels(vector, module):
    """A vector of channels that broadcasts against the module's result."""
    return vector.flatten().view(-1, 1, 1) if isinstance(module, (nn.Conv2d, nn.BatchNorm2d)) else vector.flatten()


class Lora(nn.Module):
    """y = base(x) + s * B(A(x)); for a convolution A has the layer's kernel, stride and padding and B is 1 x 1.

    `dora`: each output's row of W + s * BA is brought to a trained length; its own length carries no gradient.
    """

    def __init__(self, base, r, scale, dora=False):
        super().__init__()
        self.base, self.scale = base, scale
        if isinstance(base, nn.Conv2d):
            self.lora_A = nn.Conv2d(base.in_channels, r, base.kernel_size, base.stride, base.padding, bias=False)
            self.lora_B = nn.Conv2d(r, base.out_channels, 1, bias=False)
        else:
            self.lora_A = nn.Linear(base.in_features, r, bias=False)
            self.lora_B = nn.Linear(r, base.out_features, bias=False)
        self.magnitude = None
        if dora:
            length = base.weight.flatten(1).norm(dim=1)
            self.magnitude = nn.Parameter(length.view(1, -1, 1, 1) if isinstance(base, nn.Conv2d) else length)

    def forward(self, x):
        low = self.scale * self.lora_B(self.lora_A(x))
        if self.magnitude is None:
            return self.base(x) + low
        update = self.lora_B.weight.flatten(1) @ self.lora_A.weight.flatten(1)
        length = (self.base.weight.flatten(1) + self.scale * update).norm(dim=1).detach()
        gain = channels(self.magnitude.flatten() / length, self.base)
        if self.base.bias is None:
            return gain * (self.base(x) + low)
        bias = channels(self.base.bias, self.base)
        return gain * (self.base(x) - bias + low) + bias


class Vera(nn.Module):
    """y = base(x) + b * (B (d * (A x))), with the leading part of the shared A and B that the layer's size asks for."""

    def __init__(self, base, A, B, d_initial):
        super().__init__()
        self.base = base
        self.shared = [A, B]
        self.lambda_d = nn.Parameter(torch.full((A.shape[0],), d_initial))
        self.lambda_b = nn.Parameter(torch.zeros(base.out_features))

    def forward(self, x):
        A, B = (t.to(x.dtype) for t in self.shared)
        low = self.lambda_d * (x @ A[:, : self.base.in_features].T)
        return self.base(x) + self.lambda_b * (low @ B[: self.base.out_features].T)


class Ia3(nn.Module):
    """A factor for each channel read (feed-forward) or given (bias included)."""

    def __init__(self, base, feedforward):
        super().__init__()
        self.base, self.feedforward = base, feedforward
        conv = isinstance(base, nn.Conv2d)
        read, given = (base.in_channels, base.out_channels) if conv else (base.in_features, base.out_features)
        count = read if feedforward else given
        self.ia3_l = nn.Parameter(torch.ones((1, count, 1, 1) if conv else (1, count) if feedforward else (count, 1)))

    def forward(self, x):
        factor = channels(self.ia3_l, self.base)
        return self.base(factor * x) if self.feedforward else factor * self.base(x)


class Ssf(nn.Module):
    """scale * base(x) + shift for each channel."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.scale, self.shift = nn.Parameter(torch.ones(len(base.weight))), nn.Parameter(torch.zeros(len(base.weight)))

    def forward(self, x):
        return channels(self.scale, self.base) * self.base(x) + channels(self.shift, self.base)


class Bottleneck(nn.Module):
    """h + up(act(down(h))) on the base's result."""

    def __init__(self, base, size, activation):
        super().__init__()
        self.base, self.act = base, {"gelu": nn.GELU(), "relu": nn.ReLU()}[activation]
        self.down, self.up = nn.Linear(base.out_features, size), nn.Linear(size, base.out_features)
        nn.init.zeros_(self.up.weight), nn.init.zeros_(self.up.bias), nn.init.zeros_(self.down.bias)

    def forward(self, x):
        h = self.base(x)
        return h + self.up(self.act(self.down(h)))


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


def targets_of(model, wanted, kinds=(nn.Linear, nn.Conv2d)):
    found = [(n, m) for n, m in model.named_modules() if isinstance(m, kinds) and (wanted is None or is_target(n, m, wanted))]
    assert found, f"no module matches {wanted}"
    return found


def put(model, name, layer):
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, layer)


def attach_lora(model, config):
    if "attn.q" in config["target_modules"]:
        return attach_rows(model, config)
    trainables, biases = {}, {n: p for n, p in model.named_parameters() if n.endswith("bias")}
    targets = targets_of(model, config["target_modules"])
    for name, module in targets:
        r = from_pattern(config.get("rank_pattern"), name, config["r"])
        alpha = from_pattern(config.get("alpha_pattern"), name, config["lora_alpha"])
        scale = alpha / math.sqrt(r) if config.get("use_rslora") else alpha / r
        layer = Lora(module, r, scale, config.get("use_dora", False))
        put(model, name, layer)
        trainables[f"{PREFIX}{name}.lora_A.weight"] = layer.lora_A.weight
        trainables[f"{PREFIX}{name}.lora_B.weight"] = layer.lora_B.weight
        if layer.magnitude is not None:
            trainables[f"{PREFIX}{name}.lora_magnitude_vector"] = layer.magnitude
    own = {f"{name}.bias": f"{name}.base_layer.bias" for name, _ in targets}
    wanted = {"none": [], "all": biases, "lora_only": [n for n in biases if n in own]}[config.get("bias", "none")]
    trainables.update({PREFIX + own.get(n, n): biases[n] for n in wanted})
    return trainables, {}


class LoraRows(nn.Module):
    """LoRA on some of q, k and v of a fused projection, each with a pair of its own."""

    def __init__(self, base, r, scale, parts):
        super().__init__()
        self.base, self.scale, self.third = base, scale, base.out_features // 3
        self.pairs = nn.ModuleDict({p: Lora(nn.Linear(base.in_features, self.third), r, scale) for p in parts})

    def forward(self, x):
        changes = []
        for part in "qkv":
            pair = self.pairs[part] if part in self.pairs else None
            shape = (*x.shape[:-1], self.third)
            changes.append(self.scale * pair.lora_B(pair.lora_A(x)) if pair else x.new_zeros(shape))
        return self.base(x) + torch.cat(changes, -1)


def attach_rows(model, config):
    """`target_modules` that are roles of a fused projection ("attn.q")."""
    trainables = {}
    parts = [t[-1] for t in config["target_modules"]]
    for name, module in targets_of(model, ["qkv"]):
        layer = LoraRows(module, config["r"], config["lora_alpha"] / config["r"], parts)
        put(model, name, layer)
        for part, pair in layer.pairs.items():
            trainables[f"{PREFIX}{name}.{part}.lora_A.weight"] = pair.lora_A.weight
            trainables[f"{PREFIX}{name}.{part}.lora_B.weight"] = pair.lora_B.weight
    return trainables, {}


def attach_vera(model, config):
    targets = targets_of(model, config["target_modules"], nn.Linear)
    most_in, most_out = (max(getattr(m, f"{side}_features") for _, m in targets) for side in ("in", "out"))
    A, B = torch.zeros(config["r"], most_in), torch.zeros(most_out, config["r"])
    trainables = {}
    for name, module in targets:
        layer = Vera(module, A, B, config.get("d_initial", 0.1))
        put(model, name, layer)
        trainables[f"{PREFIX}{name}.vera_lambda_d"] = layer.lambda_d
        trainables[f"{PREFIX}{name}.vera_lambda_b"] = layer.lambda_b
    return trainables, {"base_model.vera_A": A, "base_model.vera_B": B}


def attach_ia3(model, config):
    trainables = {}
    for name, module in targets_of(model, config["target_modules"]):
        layer = Ia3(module, is_target(name, module, config["feedforward_modules"]))
        put(model, name, layer)
        trainables[f"{PREFIX}{name}.ia3_l"] = layer.ia3_l
    return trainables, {}


def attach_ln(model, config):
    trainables = {}
    for name, module in targets_of(model, config.get("target_modules"), NORMS):
        layer = copy.deepcopy(module)
        put(model, name, layer)
        trainables.update({f"{PREFIX}{name}.ln_tuning_layers.{n}": p for n, p in layer.named_parameters()})
    return trainables, {}


def attach_ssf(model, config):
    trainables = {}
    for name, module in targets_of(model, config.get("target_modules"), (nn.Linear, nn.Conv2d, *NORMS)):
        layer = Ssf(module)
        put(model, name, layer)
        trainables[f"{PREFIX}{name}.ssf_scale"], trainables[f"{PREFIX}{name}.ssf_shift"] = layer.scale, layer.shift
    return trainables, {}


def attach_bottleneck(model, config):
    trainables = {}
    for name, module in targets_of(model, ["attn.proj", "mlp.fc2"]):
        layer = Bottleneck(module, config["bottleneck_size"], config["non_linearity"])
        put(model, name, layer)
        for part, linear in (("adapter_down", layer.down), ("adapter_up", layer.up)):
            trainables.update({f"{PREFIX}{name}.{part}.{n}": p for n, p in linear.named_parameters()})
    return trainables, {}


def attach_last_blocks(model, config):
    """Parameters from the n-th last block on; modules are registered in order of use."""
    blocks = [n for n, m in model.named_modules() if re.search(r"(blocks|layer\d)\.\d+$", n)]
    first = blocks[-config["blocks"]] + "."
    named = list(model.named_parameters())
    start = next(i for i, (n, _) in enumerate(named) if n.startswith(first))
    return {PREFIX + n: p for n, p in named[start:]}, {}


class Prompts(nn.Module):
    """VPT on a list of blocks: tokens x -> (class token, prompts, patches); the blocks' own code is left alone.

    Deep: each block finds its own prompts in the place of those that the block before made. After the last block the
    prompts are taken out, so that the model's own reading (class token or mean of the patches) meets no prompt.
    """

    def __init__(self, blocks, p, width, deep, first, sequence_first):
        super().__init__()
        self.axis, self.p, self.first = int(not sequence_first), p, first
        self.tokens = nn.ParameterList(nn.Parameter(torch.zeros(p, width)) for _ in range(len(blocks) if deep else 1))
        for i, prompts in enumerate(self.tokens):
            blocks[i].register_forward_pre_hook(lambda _, args, i=i, own=prompts: (self.put(args[0], own, i > 0), *args[1:]))
        blocks[-1].register_forward_hook(lambda _, args, out: self.parts(out, self.p)[0])

    def parts(self, x, skipped):
        """x without `skipped` tokens behind the first ones, whole and in two parts."""
        n = x.shape[self.axis]
        lead = x.narrow(self.axis, 0, self.first)
        rest = x.narrow(self.axis, self.first + skipped, n - self.first - skipped)
        return torch.cat([lead, rest], self.axis), lead, rest

    def put(self, x, prompts, replace):
        _, lead, rest = self.parts(x, self.p if replace else 0)
        own = prompts[None] if self.axis == 1 else prompts[:, None]
        shape = list(x.shape)
        shape[self.axis] = self.p
        return torch.cat([lead, own.expand(shape), rest], self.axis)


def blocks_of(model):
    """The transformer blocks: the first list of modules that hold attention."""
    for name, module in model.named_modules():
        if isinstance(module, (nn.ModuleList, nn.Sequential)) and all("att" in "".join(n for n, _ in m.named_modules()) for m in module):
            return list(module)
    raise AssertionError("no blocks")


def attach_vpt(model, config):
    blocks = blocks_of(model)
    width = next(p.shape[-1] for n, p in blocks[0].named_parameters() if "norm" in n or "ln_1" in n)
    sequence_first = getattr(model, "batch_first", True) is False
    model.prompts = Prompts(
        blocks, config["num_virtual_tokens"], width, config["deep"], config.get("first", 1), sequence_first
    )
    return {f"{PREFIX}prompt_embeddings.{i}": p for i, p in enumerate(model.prompts.tokens)}, {}


def attach_own(wanted):
    return lambda model, _: ({checkpoint_name(n): p for n, p in model.named_parameters() if wanted(n)}, {})


ATTACH = {
    "LORA": attach_lora,
    "VERA": attach_vera,
    "IA3": attach_ia3,
    "LN_TUNING": attach_ln,
    "SSF": attach_ssf,
    "BOTTLENECK": attach_bottleneck,
    "LAST_BLOCKS": attach_last_blocks,
    "VPT": attach_vpt,
    "LINEAR_PROBE": attach_own(lambda n: False),
    "FULL": attach_own(lambda n: True),
    "BITFIT": attach_own(lambda n: n.endswith("bias")),
}
# What these train has its initial value in the model's file.
WITHIN_THE_MODEL = ("LINEAR_PROBE", "FULL", "BITFIT", "LN_TUNING", "LAST_BLOCKS")


def checkpoint_name(name):
    """A backbone's own `classifier` would take the head's name."""
    return f"{PREFIX}backbone.{name}" if name in ("classifier.weight", "classifier.bias") else PREFIX + name


def attach(model, config):
    """Freezes `model` and applies the method of `config` (method.json): trainables and frozen extras by checkpoint name."""
    model.requires_grad_(False)
    trainables, frozen = ATTACH[config["peft_type"]](model, config)
    for p in trainables.values():
        p.requires_grad_(True)
    return trainables, frozen
