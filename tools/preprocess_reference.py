#!/usr/bin/env python3
"""Golden values for src/models/preprocess.test.ts: torchvision's transforms on small images that both sides draw alike.

Run: python3 tools/preprocess_reference.py > src/models/fixtures/preprocess.json
Needs: torch, torchvision, Pillow, numpy. Not needed to build or run Radapt.
"""
import base64
import json
import sys

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision import transforms as T

from noise import draw

FILTERS = {"bicubic": T.InterpolationMode.BICUBIC, "bilinear": T.InterpolationMode.BILINEAR, "nearest": T.InterpolationMode.NEAREST}
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def pad(image):
    side = max(image.size)
    out = Image.new(image.mode, (side, side), 0)
    out.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return out


def reference(image, size, resize, interpolation, crop, grey=False):
    if grey:
        image = image.convert("L")
    if crop == "pad":
        image = pad(image)
    target = (resize, resize) if crop == "stretch" else resize
    image = T.CenterCrop(size)(T.Resize(target, FILTERS[interpolation])(image))
    tensor = T.ToTensor()(image)
    if grey:
        return T.Normalize(MEAN[:1], STD[:1])(tensor).numpy()
    return T.Normalize(MEAN, STD)(tensor.expand(3, -1, -1)).numpy()


CASES = [  # width, height, channels, size, resize, interpolation, crop; True where the model takes one channel
    (40, 31, 1, 12, 12, "bicubic", "crop"),
    (31, 40, 3, 12, 14, "bicubic", "crop"),
    (9, 7, 3, 12, 12, "bicubic", "crop"),
    (40, 31, 1, 11, 12, "bilinear", "crop"),
    (37, 52, 3, 10, 13, "bilinear", "crop"),
    (40, 31, 3, 12, 12, "nearest", "crop"),
    (13, 29, 1, 12, 16, "nearest", "stretch"),
    (40, 31, 1, 12, 12, "bicubic", "pad"),
    (30, 41, 3, 12, 13, "bilinear", "pad"),
    (40, 20, 1, 12, 12, "bicubic", "stretch"),
    (12, 30, 1, 12, 12, "bicubic", "crop"),
    (12, 12, 3, 12, 12, "bicubic", "crop"),
    (20, 24, 1, 12, 7, "bicubic", "crop"),
    (300, 5, 1, 4, 4, "bicubic", "stretch"),
    (31, 40, 3, 12, 14, "bicubic", "crop", True),
    (30, 41, 1, 12, 13, "bilinear", "pad", True),
]

cases = []
for width, height, channels, size, resize, interpolation, crop, *grey in CASES:
    out = reference(draw(width, height, channels), size, resize, interpolation, crop, *grey)
    cases.append({
        "image": {"width": width, "height": height, "channels": channels},
        "preprocessing": {"size": size, "resize": resize, "interpolation": interpolation, "crop": crop, "mean": MEAN, "std": STD, **({"channels": 1} if grey else {})},
        "out": base64.b64encode(out.astype("<f4").tobytes()).decode(),
    })
versions = {"pillow": PIL.__version__, "torchvision": torchvision.__version__}
json.dump({"script": "tools/preprocess_reference.py", "versions": versions, "cases": cases}, sys.stdout, indent=1)
print()
