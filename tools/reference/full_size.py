"""Writes full-size ONNX graphs of published encoders, every weight zero, to check what Radapt counts in them:

    /usr/bin/python3 tools/reference/full_size.py DIR                 (about 100 MB; equal tensors are stored once)
    node tools/reference/count-parameters.mjs DIR                               prints expected against counted

Module names and the order of operations follow the hub's exports (CLIP, DINOv2 with separate q, k, v) and timm's (fused
qkv); `counts.json` holds what PyTorch counts in the same modules, layer by layer, by the methods' formulas.
"""
import json
import os
import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn


class SplitAttention(nn.Module):
    def __init__(self, d, heads, names):
        super().__init__()
        self.heads, self.names = heads, names
        for name in names:
            self.add_module(name, nn.Linear(d, d))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v, out = (getattr(self, name) for name in self.names)
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2) for f in (q, k, v))
        y = (q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5).softmax(-1) @ v
        return out(y.transpose(1, 2).reshape(b, n, d))


class FusedAttention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        y = (q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5).softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, d, quick):
        super().__init__()
        self.fc1, self.fc2, self.quick = nn.Linear(d, 4 * d), nn.Linear(4 * d, d), quick

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x) if self.quick else F.gelu(x))


class Scale(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, d, attention, quick, scaled):
        super().__init__()
        self.norm1, self.attn, self.norm2, self.mlp = nn.LayerNorm(d), attention, nn.LayerNorm(d), Mlp(d, quick)
        self.ls1, self.ls2 = (Scale(d) if scaled else nn.Identity() for _ in range(2))

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class Encoder(nn.Module):
    """`kind`: "dinov2" (positions of a 37x37 grid resampled to the image's), "timm" or "clip"."""

    def __init__(self, kind, d, depth, heads, patch):
        super().__init__()
        side = 37 if kind == "dinov2" else 224 // patch
        self.kind, self.patch, self.side = kind, patch, side
        self.proj = nn.Conv2d(3, d, patch, patch, bias=kind != "clip")
        self.cls_token = nn.Parameter(torch.zeros(1, 1, d))
        self.pos_embed = nn.Parameter(torch.zeros(1, side * side + 1, d))
        if kind == "dinov2":
            self.mask_token = nn.Parameter(torch.zeros(1, d))
        if kind == "clip":
            self.ln_pre = nn.LayerNorm(d)
        names = ("q_proj", "k_proj", "v_proj", "out_proj")
        make = (lambda: SplitAttention(d, heads, names)) if kind == "clip" else (lambda: FusedAttention(d, heads))
        self.blocks = nn.ModuleList(Block(d, make(), kind == "clip", kind == "dinov2") for _ in range(depth))
        self.norm = nn.LayerNorm(d)

    def positions(self):
        n = 224 // self.patch
        if n == self.side:
            return self.pos_embed
        grid = self.pos_embed[:, 1:].reshape(1, self.side, self.side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(n, n), mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], 1)

    def forward(self, x):
        x = self.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.positions()
        if self.kind == "clip":
            x = self.ln_pre(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, 0]) if self.kind == "clip" else self.norm(x)


ENCODERS = {
    "dinov2-s14": ("dinov2", 384, 12, 6, 14),
    "dinov2-b14": ("dinov2", 768, 12, 12, 14),
    "dinov2-l14": ("dinov2", 1024, 24, 16, 14),
    "timm-vit-b16": ("timm", 768, 12, 12, 16),
    "clip-b32": ("clip", 768, 12, 12, 32),
    "clip-l14": ("clip", 1024, 24, 16, 14),
}
TARGETS = {"clip": ("q_proj", "k_proj", "v_proj"), "timm": ("qkv", "fc1", "fc2"), "dinov2": ("qkv", "fc1", "fc2")}


def counts(model):
    targets = TARGETS[model.kind]
    linear = [m for n, m in model.named_modules() if n.rsplit(".", 1)[-1] in targets]
    sizes = {n: p.numel() for n, p in model.named_parameters()}
    return {
        "total": sum(sizes.values()),
        # The exporter leaves out what no output reads.
        "notInFile": sizes.get("mask_token", 0),
        "targets": list(targets),
        "bias": sum(s for n, s in sizes.items() if n.endswith("bias")),
        "lora": {r: sum(r * (m.in_features + m.out_features) for m in linear) for r in (4, 8, 16)},
    }


def main(folder):
    os.makedirs(folder, exist_ok=True)
    expected = {}
    for name, (kind, *sizes) in ENCODERS.items():
        model = Encoder(kind, *sizes).eval()
        expected[name] = counts(model)
        with torch.no_grad():
            for p in model.parameters():
                p.zero_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model, torch.zeros(1, 3, 224, 224), os.path.join(folder, f"{name}.onnx"), opset_version=17,
                input_names=["pixel_values"], output_names=["output"], dynamic_axes={"pixel_values": {0: "batch"}, "output": {0: "batch"}},
            )
        print(name, expected[name], flush=True)
    with open(os.path.join(folder, "counts.json"), "w") as f:
        json.dump(expected, f, indent=2)


if __name__ == "__main__":
    main(sys.argv[1])
