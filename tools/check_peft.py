#!/usr/bin/env python3
"""Loads adapters that Radapt saved into Hugging Face PEFT and compares probabilities with those of the exported model.

    python3 tools/check_peft.py make DIR     # writes a small vision transformer (weights, ONNX) and a plan into DIR
    radapt run DIR/plan.json --out DIR/out --device wasm --save-adapters
    for run in DIR/out/adapters/*; do radapt export $run --backbone DIR/backbone.onnx --out $run/model.onnx; done
    python3 tools/check_peft.py check DIR    # exit status 1 where they differ by more than 1e-4

Needs: torch, onnx, peft, safetensors, onnxruntime, NumPy. Not needed to build or run Radapt.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

WIDTH, HEADS, SIZE, PATCH = 32, 4, 32, 8
PREPROCESSING = {"size": SIZE, "resize": SIZE, "interpolation": "bilinear", "crop": "crop", "mean": [0.5] * 3, "std": [0.25] * 3}
METHODS = {
    "lora": [{}, {"dropout": 0.1, "bias": "all", "rslora": True}, {"bias": "lora_only", "targets": ["mlp.up", "mlp.down"]}],
    "dora": [{"r": 4}],
    "vera": [{"r": 6}],
    "ia3": [{"targets": "study"}],
    "ln-tuning": [{}],
}


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (p(x).reshape(b, n, HEADS, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        scores = (q @ k.transpose(2, 3)) * (WIDTH // HEADS) ** -0.5
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.fc1, self.fc2 = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, WIDTH, PATCH, PATCH)
        self.position = nn.Parameter(0.1 * torch.randn(1, (SIZE // PATCH) ** 2, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, pixel_values):
        x = self.patch_embed(pixel_values).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            x = block(x)
        return self.norm(x).mean(1)


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = Backbone().eval()
    torch.save(model.state_dict(), folder / "backbone.pt")
    options = {"dynamo": False} if torch.__version__ >= "2.5" else {}
    names = {"input_names": ["pixel_values"], "output_names": ["feature"]}
    axes = {"pixel_values": {0: "N"}, "feature": {0: "N"}}
    sample = torch.zeros(1, 3, SIZE, SIZE)
    torch.onnx.export(model, sample, str(folder / "backbone.onnx"), dynamic_axes=axes, opset_version=17, **names, **options)
    methods = [
        {"id": method, "config": config, "training": {"epochs": 3, "lr": 0.02}} for method, list_ in METHODS.items() for config in list_
    ]
    backbone = {"file": "backbone.onnx", "preprocessing": PREPROCESSING}
    plan = {"dataset": {"demo": True}, "backbones": [backbone], "methods": methods, "folds": 2, "regimes": [{"shots": 4}]}
    (folder / "plan.json").write_text(json.dumps(plan, indent=1))


def noise(count):
    return torch.from_numpy(np.random.default_rng(0).normal(size=(count, 3, SIZE, SIZE)).astype(np.float32))


def check(folder):
    import onnxruntime
    from peft import PeftModel
    from safetensors.torch import load_file

    worst = 0.0
    for adapter in sorted((folder / "out" / "adapters").iterdir()):
        config = json.loads((adapter / "adapter_config.json").read_text())
        classes, width = load_file(adapter / "adapter_model.safetensors")["base_model.model.classifier.weight"].shape
        backbone = Backbone()
        backbone.load_state_dict(torch.load(folder / "backbone.pt"))
        backbone.classifier = nn.Linear(width, classes)
        model = PeftModel.from_pretrained(backbone, str(adapter)).eval()
        images = noise(5)
        with torch.no_grad():
            got = model.base_model.model.classifier(model(images)).softmax(-1).numpy()
        session = onnxruntime.InferenceSession(str(adapter / "model.onnx"))
        (want,) = session.run(["probabilities"], {"pixel_values": images.numpy()})
        error = float(np.abs(got - want).max())
        worst = max(worst, error)
        print(f"{adapter.name} {config['peft_type']} bias {config.get('bias')}: {error:.1e}, probabilities {want[0]}")
    print(f"largest difference {worst:.1e}")
    sys.exit(worst > 1e-4)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    {"make": make, "check": check}[sys.argv[1]](Path(sys.argv[2]))
