#!/usr/bin/env python3
"""Golden values for src/models/augment/augment.test.ts: SciPy's Gaussian and resampling, torchvision's brightness and contrast.

Run: python3 tools/augment_reference.py > src/models/augment/fixtures/reference.json
Needs: torch, torchvision, scipy, numpy. Not needed to build or run Radapt.
"""
import base64
import json
import sys

import numpy as np
import scipy
import torch
import torchvision
from scipy.ndimage import gaussian_filter, map_coordinates
from torchvision.transforms import functional as F

from noise import draw

SIZE = 16


def noise(height, channels):
    """[channels, SIZE, SIZE] in 0 … 1; the height tells drawings apart."""
    values = np.asarray(draw(SIZE, height, channels), np.float32) / 255
    return values[:SIZE].reshape(SIZE, SIZE, channels).transpose(2, 0, 1)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).astype("<f4").tobytes()).decode()


def elastic(image, alpha, sigma, angle, zoom, shift, flip):
    """Displaced by α times smoothed noise, then turned, flipped, zoomed and shifted about the centre: positions in float64."""
    fields = [gaussian_filter(2 * noise(height, 1)[0].astype(np.float64) - 1, sigma) * alpha for height in (17, 18)]
    y, x = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
    centre = (SIZE - 1) / 2
    x, y = x + fields[0] - centre, y + fields[1] - centre
    t = np.deg2rad(angle)
    x, y = np.cos(t) * x - np.sin(t) * y, np.sin(t) * x + np.cos(t) * y
    if flip:
        x = -x
    x, y = x / zoom - shift[0] * SIZE + centre, y / zoom - shift[1] * SIZE + centre
    return np.stack([map_coordinates(plane, [y, x], order=1, mode="nearest") for plane in image.astype(np.float64)])


GAUSSIANS = [0.75, 2.5, 7.0]  # the last one is wider than the field: it is mirrored more than once
WARPS = [  # channels, alpha, sigma, angle, zoom, shift, flip
    (1, 30.0, 2.5, 0.0, 1.0, (0.0, 0.0), False),
    (3, 0.0, 1.0, 10.0, 1.0, (0.0, 0.0), False),
    (1, 0.0, 1.0, -7.0, 0.93, (0.1, -0.05), True),
    (3, 20.0, 2.0, 8.0, 1.08, (-0.04, 0.07), True),
]
PHOTOMETRIC = [(1, 0.8, 1.0), (3, 1.2, 1.0), (1, 1.0, 1.2), (3, 1.0, 0.8), (3, 1.15, 1.2)]  # channels, brightness, contrast

json.dump({
    "script": "tools/augment_reference.py",
    "versions": {"scipy": scipy.__version__, "torchvision": torchvision.__version__},
    "size": SIZE,
    "gaussian": [{"sigma": s, "out": text(gaussian_filter(2 * noise(17, 1)[0] - 1, s))} for s in GAUSSIANS],
    "warp": [{"channels": c, "alpha": a, "sigma": s, "rotation": r, "zoom": z, "shift": {"x": d[0], "y": d[1]}, "flip": f,
              "out": text(elastic(noise(16, c), a, s, r, z, d, f))} for c, a, s, r, z, d, f in WARPS],
    "photometric": [{"channels": c, "brightness": b, "contrast": k, "out": text(
        F.adjust_contrast(F.adjust_brightness(torch.from_numpy(np.ascontiguousarray(noise(16, c))), b), k).numpy())}
        for c, b, k in PHOTOMETRIC],
}, sys.stdout, indent=1)
print()
