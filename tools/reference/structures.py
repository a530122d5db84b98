"""Writes small ONNX graphs, one per spelling of a structure, for the tests of roles and head inputs:

    /usr/bin/python3 tools/reference/structures.py          (rewrites tools/reference/structures)

Each file's weights are random; `structures.json` beside them holds, by module, the role that the architecture gives to
it ("" for none), written down here by hand, not computed. Deep ones have a `.safetensors` of a batch and its head
inputs, taken straight from the blocks.
"""
import io
import json
import os
import warnings

import onnx
import torch
import torch.nn.functional as F
from torch import nn

import safetensors_io

DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "structures")


class Patches(nn.Module):
    """Image 16x16 to 16 tokens of width `d`, with class and register tokens and positions."""

    def __init__(self, d, extra=1, image=16):
        super().__init__()
        self.conv = nn.Conv2d(3, d, 4, 4)
        self.extra = extra
        if extra:
            self.cls = nn.Parameter(torch.randn(1, 1, d))
        if extra > 1:
            self.registers = nn.Parameter(torch.randn(1, extra - 1, d))
        self.pos = nn.Parameter(torch.randn(1, (image // 4) ** 2 + (1 if extra else 0), d))

    def forward(self, x):
        x = self.conv(x).flatten(2).transpose(1, 2)
        if self.extra:
            x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.pos
        if self.extra > 1:
            x = torch.cat([x[:, :1], self.registers.expand(x.shape[0], -1, -1), x[:, 1:]], 1)
        return x


class Attention(nn.Module):
    """`form`: how one and the same attention is written."""

    def __init__(self, d, heads, form):
        super().__init__()
        self.h, self.d, self.form = heads, d // heads, form
        if form == "bare":
            pass
        elif form in ("fused", "einsum-fused"):
            self.qkv = nn.Linear(d, 3 * d)
        elif form == "shared-qk":
            self.qk, self.v = nn.Linear(d, d), nn.Linear(d, d)
        elif form == "kv":
            self.q, self.kv = nn.Linear(d, d), nn.Linear(d, 2 * d)
        else:
            self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)
        if form == "mask":
            self.register_buffer("hidden", torch.ones(17, 17).triu(1) * -100.0)
        self.out = nn.Linear(d, d)

    def heads(self, x):
        return x.view(x.shape[0], -1, self.h, self.d).transpose(1, 2)

    def forward(self, x):
        b, n, c = x.shape
        if self.form == "fused":
            q, k, v = self.qkv(x).view(b, n, 3, self.h, self.d).permute(2, 0, 3, 1, 4).unbind(0)
        elif self.form == "einsum-fused":
            q, k, v = (self.heads(t) for t in self.qkv(x).chunk(3, -1))
        elif self.form == "bare":
            q = k = v = self.heads(x)
        elif self.form == "shared-qk":
            q, v = self.heads(self.qk(x)), self.heads(self.v(x))
            k = q
        elif self.form == "kv":
            q = self.heads(self.q(x))
            k, v = self.kv(x).view(b, n, 2, self.h, self.d).permute(2, 0, 3, 1, 4).unbind(0)
        else:
            q, k, v = self.heads(self.q(x)), self.heads(self.k(x)), self.heads(self.v(x))
        scale = self.d**-0.5
        if self.form == "scale-both":
            a = (q * scale**0.5) @ (k.transpose(-1, -2) * scale**0.5)
        elif self.form == "scale-k":
            a = q @ (k * scale).transpose(-1, -2)
        elif self.form == "divide-scores":
            a = q @ k.transpose(-1, -2) / self.d**0.5
        elif self.form == "mask":
            a = q @ k.transpose(-1, -2) * scale + self.hidden
        elif self.form.startswith("einsum"):
            a = torch.einsum("bhid,bhjd->bhij", q, k) * scale
        elif self.form == "keys-first":
            a = ((k * scale) @ q.transpose(-1, -2)).transpose(-1, -2)
        elif self.form == "batched":
            q, k, v = (t.reshape(b * self.h, n, self.d) for t in (q, k, v))
            a = torch.bmm(q * scale, k.transpose(1, 2))
        else:
            a = (q * scale) @ k.transpose(-1, -2)
        a = a.softmax(-1)
        if self.form.startswith("einsum"):
            y = torch.einsum("bhij,bhjd->bihd", a, v)
        elif self.form == "values-first":
            y = (v.transpose(-1, -2) @ a.transpose(-1, -2)).permute(0, 3, 1, 2)
        else:
            y = (a @ v).view(b, self.h, n, self.d).transpose(1, 2)
        return self.out(y.reshape(b, n, c))


class Mlp(nn.Module):
    def __init__(self, d, act):
        super().__init__()
        self.act = act
        self.up, self.down = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        if act == "swiglu":
            self.gate = nn.Linear(d, 2 * d)

    def forward(self, x):
        up = self.up(x)
        if self.act == "swiglu":
            return self.down(F.silu(self.gate(x)) * up)
        return self.down({"gelu": F.gelu, "tanh": gelu_tanh, "quick": quick_gelu}[self.act](up))


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, d, form="plain", act="gelu", scaled=False):
        super().__init__()
        self.norm1, self.attn, self.norm2, self.mlp = nn.LayerNorm(d), Attention(d, 2, form), nn.LayerNorm(d), Mlp(d, act)
        self.gamma = nn.Parameter(torch.rand(d)) if scaled else None

    def forward(self, x):
        y = self.attn(self.norm1(x))
        x = x + (y if self.gamma is None else y * self.gamma)
        return x + self.mlp(self.norm2(x))


class Vit(nn.Module):
    """`output`: "tokens" (normed), "class" (class token, normed and projected), "both" (tokens before the norm, class after it)."""

    def __init__(self, form="plain", act="gelu", extra=1, depth=2, output="tokens", scaled=False, d=8):
        super().__init__()
        self.embed = Patches(d, extra)
        self.blocks = nn.ModuleList(Block(d, form, act, scaled) for _ in range(depth))
        self.norm, self.output = nn.LayerNorm(d), output
        if output == "class":
            self.proj = nn.Linear(d, 6, bias=False)

    def stream(self, x):
        """Tokens [B, N, D] after each block."""
        x, seen = self.embed(x), []
        for block in self.blocks:
            x = block(x)
            seen.append(x)
        return seen

    def forward(self, x):
        x = self.stream(x)[-1]
        if self.output == "tokens":
            return self.norm(x)
        if self.output == "both":
            return x, self.norm(x[:, 0])
        return self.proj(self.norm(x[:, 0]))


class SequenceFirst(nn.Module):
    """The original CLIP's tower: [N, B, D], nn.MultiheadAttention, a bare projection matrix."""

    def __init__(self, d=8, depth=2):
        super().__init__()
        self.embed, self.ln_pre, self.ln_post = Patches(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = nn.ModuleList(nn.MultiheadAttention(d, 2) for _ in range(depth))
        self.ln_1, self.ln_2 = (nn.ModuleList(nn.LayerNorm(d) for _ in range(depth)) for _ in range(2))
        self.mlp = nn.ModuleList(Mlp(d, "quick") for _ in range(depth))
        self.proj = nn.Parameter(torch.randn(d, 6))

    def stream(self, x):
        """Tokens [B, N, D] after each block."""
        x, seen = self.ln_pre(self.embed(x)).permute(1, 0, 2), []
        for i in range(len(self.mlp)):
            y = self.ln_1[i](x)
            x = x + self.attn[i](y, y, y, need_weights=False)[0]
            x = x + self.mlp[i](self.ln_2[i](x))
            seen.append(x.permute(1, 0, 2))
        return seen

    def norm(self, x):
        return self.ln_post(x)

    def forward(self, x):
        return self.ln_post(self.stream(x)[-1][:, 0]) @ self.proj


class AttentionPool(nn.Module):
    """SigLIP's head: one learned query attends to all tokens, then a residual MLP."""

    def __init__(self, d=8):
        super().__init__()
        self.embed, self.block = Patches(d, 0), Block(d, act="tanh")
        self.probe, self.norm, self.pool = nn.Parameter(torch.randn(1, 1, d)), nn.LayerNorm(d), Attention(d, 2, "plain")
        self.mlp = Mlp(d, "tanh")

    def forward(self, x):
        x = self.block(self.embed(x))
        p, (b, _, c) = self.pool, x.shape
        q = p.heads(p.q(self.probe.expand(b, -1, -1)))
        a = (q @ p.heads(p.k(x)).transpose(-1, -2) * p.d**-0.5).softmax(-1)
        y = p.out((a @ p.heads(p.v(x))).transpose(1, 2).reshape(b, 1, c))
        return (y + self.mlp(self.norm(y)))[:, 0]


class ResNetPool(nn.Module):
    """CLIP's ResNet: convolutions with BatchNorm, then attention whose query is the mean of the map."""

    def __init__(self, d=8):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, d, 3, 2, 1, bias=False), nn.BatchNorm2d(d)
        self.conv2, self.bn2 = nn.Conv2d(d, d, 3, 1, 1, bias=False), nn.BatchNorm2d(d)
        self.pos = nn.Parameter(torch.randn(65, d))
        self.attn = nn.ModuleDict({n: nn.Linear(d, d) for n in ("q", "k", "v")})
        self.c_proj = nn.Linear(d, 6)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(x + self.bn2(self.conv2(x)))
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x]) + self.pos[:, None]
        n, b, c = x.shape
        q, k, v = (self.attn[m](t).view(-1, b * 2, c // 2).transpose(0, 1) for m, t in (("q", x[:1]), ("k", x), ("v", x)))
        y = torch.bmm((torch.bmm(q, k.transpose(1, 2)) / (c // 2) ** 0.5).softmax(-1), v)
        return self.c_proj(y.transpose(0, 1).reshape(b, c))


class WindowAttention(nn.Module):
    def __init__(self, d, window, shift, side):
        super().__init__()
        self.w, self.shift, self.h = window, shift, 2
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.table = nn.Parameter(torch.randn((2 * window - 1) ** 2, 2))
        at = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        offset = (at[:, :, None] - at[:, None, :]) + window - 1
        self.register_buffer("index", (offset[0] * (2 * window - 1) + offset[1]).view(-1))
        if shift:
            part = torch.zeros(1, side, side, 1)
            for i, rows in enumerate((slice(0, -window), slice(-window, -shift), slice(-shift, None))):
                for j, columns in enumerate((slice(0, -window), slice(-window, -shift), slice(-shift, None))):
                    part[:, rows, columns] = 3 * i + j
            part = self.windows(part).squeeze(-1)
            self.register_buffer("mask", (part[:, None] != part[:, :, None]) * -100.0)

    def windows(self, x):
        b, h, w, c = x.shape
        return x.view(b, h // self.w, self.w, w // self.w, self.w, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, self.w**2, c)

    def forward(self, x):
        b, h, w, c = x.shape
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        x = self.windows(x)
        m, n, _ = x.shape
        q, k, v = self.qkv(x).view(m, n, 3, self.h, c // self.h).permute(2, 0, 3, 1, 4)
        a = (q * (c // self.h) ** -0.5) @ k.transpose(-2, -1)
        a = a + self.table[self.index].view(n, n, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        if self.shift:
            a = (a.view(b, m // b, self.h, n, n) + self.mask[None, :, None]).view(-1, self.h, n, n)
        x = self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(m, n, c))
        x = x.view(b, h // self.w, w // self.w, self.w, self.w, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x


class SwinBlock(nn.Module):
    def __init__(self, d, window, shift, side):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(d), WindowAttention(d, window, shift, side)
        self.norm2, self.mlp = nn.LayerNorm(d), Mlp(d, "gelu")

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Merging(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * d), nn.Linear(4 * d, 2 * d, bias=False)

    def forward(self, x):
        x = torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
        return self.reduction(self.norm(x))


class Swin(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.embed, self.norm0 = nn.Conv2d(3, d, 4, 4), nn.LayerNorm(d)
        self.stage1 = nn.Sequential(SwinBlock(d, 4, 0, 8), SwinBlock(d, 4, 2, 8))
        self.merge = Merging(d)
        self.stage2 = nn.Sequential(SwinBlock(2 * d, 4, 0, 4))
        self.norm, self.head = nn.LayerNorm(2 * d), nn.Linear(2 * d, 6)

    def forward(self, x):
        x = self.norm0(self.embed(x).permute(0, 2, 3, 1))
        x = self.norm(self.stage2(self.merge(self.stage1(x))))
        return self.head(x.permute(0, 3, 1, 2).mean((2, 3)))


class ConvNext(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.stem, self.norm0 = nn.Conv2d(3, d, 4, 4), nn.LayerNorm(d)
        self.dwconv, self.norm1, self.mlp = nn.Conv2d(d, d, 3, padding=1, groups=d), nn.LayerNorm(d), Mlp(d, "gelu")
        self.gamma, self.norm, self.head = nn.Parameter(torch.rand(d, 1, 1)), nn.LayerNorm(d), nn.Linear(d, 6)

    def forward(self, x):
        x = self.norm0(self.stem(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = x + self.mlp(self.norm1(self.dwconv(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2) * self.gamma
        return self.head(self.norm(x.mean((2, 3))))


class Squeeze(nn.Module):
    """An inverted residual with squeeze-and-excitation, GroupNorm and a classifier of two layers."""

    def __init__(self, d=8):
        super().__init__()
        self.stem, self.gn = nn.Conv2d(3, d, 3, 2, 1), nn.GroupNorm(2, d)
        self.expand, self.depth, self.project = nn.Conv2d(d, 16, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, d, 1)
        self.se1, self.se2 = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.fc1, self.fc2 = nn.Linear(d, 12), nn.Linear(12, 6)

    def forward(self, x):
        x = F.relu(self.gn(self.stem(x)))
        y = F.hardswish(self.depth(F.hardswish(self.expand(x))))
        y = y * torch.sigmoid(self.se2(F.relu(self.se1(y.mean((2, 3), keepdim=True)))))
        x = self.project(y)
        return self.fc2(F.hardswish(self.fc1(x.mean((2, 3)))))


VIT = {"embed.conv": "patch", "blocks.*.attn.out": "attn.out", "blocks.*.mlp.up": "mlp.up", "blocks.*.mlp.down": "mlp.down"}
SPLIT = {**VIT, "blocks.*.attn.q": "attn.q", "blocks.*.attn.k": "attn.k", "blocks.*.attn.v": "attn.v"}
FUSED = {**VIT, "blocks.*.attn.qkv": "attn.qkv"}
FORMS = ["plain", "batched", "scale-both", "scale-k", "divide-scores", "mask", "einsum", "keys-first", "values-first"]
POOL = {"pool.q": "attn.q", "pool.k": "attn.k", "pool.v": "attn.v", "pool.out": "attn.out", "mlp.up": "mlp.up", "mlp.down": "mlp.down"}
BLOCK = {k.replace("blocks.*", "block"): v for k, v in SPLIT.items()}
SWIN = {f"{stage}.*.{m}": r for stage in ("stage1", "stage2") for m, r in
        {"attn.qkv": "attn.qkv", "attn.proj": "attn.out", "mlp.up": "mlp.up", "mlp.down": "mlp.down"}.items()}
CASES = {
    **{f"vit-{form}": (Vit(form), 16, SPLIT) for form in FORMS},
    "vit-fused": (Vit("fused", scaled=True), 16, FUSED),
    "vit-einsum-fused": (Vit("einsum-fused"), 16, FUSED),
    "vit-kv": (Vit("kv"), 16, {**VIT, "blocks.*.attn.q": "attn.q", "blocks.*.attn.kv": "attn.kv"}),
    # One layer is q and k at once: neither role would be true.
    "vit-shared-qk": (Vit("shared-qk"), 16, {**VIT, "blocks.*.attn.qk": "", "blocks.*.attn.v": "attn.v"}),
    # Tokens attend as they are: the layers before are no projections.
    "vit-bare": (Vit("bare", depth=1), 16, VIT),
    "vit-swiglu-registers": (Vit("fused", "swiglu", extra=5, depth=4), 16, {**FUSED, "blocks.*.mlp.gate": "mlp.gate"}),
    "vit-tanh-deep": (Vit("fused", "tanh", depth=5, output="both"), 16, FUSED),
    "vit-class": (Vit("plain", "quick", depth=5, output="class"), 16, {**SPLIT, "proj": "head"}),
    "sequence-first": (SequenceFirst(depth=5), 16, {"embed.conv": "patch", "attn.*.in_proj": "attn.qkv", "attn.*.out_proj": "attn.out",
                                             "mlp.*.up": "mlp.up", "mlp.*.down": "mlp.down"}),
    "attention-pool": (AttentionPool(), 16, {**BLOCK, **POOL}),
    "resnet-pool": (ResNetPool(), 16, {"conv1": "conv", "conv2": "conv", "attn.q": "attn.q", "attn.k": "attn.k", "attn.v": "attn.v", "c_proj": "attn.out"}),
    "swin": (Swin(), 32, {"embed": "patch", "merge.reduction": "merge", "head": "head", **SWIN}),
    "convnext": (ConvNext(), 16, {"stem": "patch", "dwconv": "conv", "mlp.up": "mlp.up", "mlp.down": "mlp.down", "head": "head"}),
    "squeeze": (Squeeze(), 16, {**dict.fromkeys(("stem", "expand", "depth", "project", "se1", "se2"), "conv"), "fc1": "head", "fc2": "head"}),
}


def head_inputs(model, image):
    """DINOv2's head inputs, straight from the blocks: the final norm on each block's tokens, class tokens side by side."""
    x = torch.randn(3, 3, image, image)
    with torch.no_grad():
        blocks = [model.norm(y) for y in model.stream(x)][-4:]
    tokens = torch.cat([y[:, 0] for y in blocks], 1)
    mean = blocks[-1][:, model.embed.extra :].mean(1)
    return {
        "pixel_values": x,
        "cls4": tokens,
        "cls4+mean": torch.cat([tokens, mean], 1),
        "cls": blocks[-1][:, 0],
        "mean": mean,
        "cls+mean": torch.cat([blocks[-1][:, 0], mean], 1),
    }


def export(model, image):
    stream = io.BytesIO()
    keep = torch.onnx.TrainingMode.PRESERVE if isinstance(model, ResNetPool) else torch.onnx.TrainingMode.EVAL
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), torch.randn(2, 3, image, image), stream, opset_version=17, input_names=["pixel_values"],
            output_names=["output", "class"][: 2 if getattr(model, "output", "") == "both" else 1], training=keep,
            dynamic_axes={"pixel_values": {0: "batch"}, "output": {0: "batch"}},
        )
    return onnx.load_model_from_string(stream.getvalue())


def main():
    os.makedirs(DIR, exist_ok=True)
    expected = {}
    for name, (model, image, roles) in CASES.items():
        # Each case from its own seed: a new one leaves the others' files as they are.
        torch.manual_seed(0)
        with torch.no_grad():
            for p in model.parameters():
                p.normal_(0, 0.5)
        onnx.save(export(model, image), os.path.join(DIR, f"{name}.onnx"))
        if hasattr(model, "stream") and len(model.mlp if isinstance(model, SequenceFirst) else model.blocks) >= 4:
            tensors = {n: t.numpy() for n, t in head_inputs(model.eval(), image).items()}
            safetensors_io.write(os.path.join(DIR, f"{name}.safetensors"), tensors)
        expected[name] = {"imageSize": image, "parameters": sum(p.numel() for p in model.parameters()), "roles": roles}
    with open(os.path.join(DIR, "structures.json"), "w") as f:
        json.dump(expected, f, indent=2)
        f.write("\n")


if __name__ == "__main__":
    main()
