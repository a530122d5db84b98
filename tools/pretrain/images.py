"""Images to learn from: crops of CC BY radiographs and procedural pictures, both [size, size, 3] uint8."""
import csv
import os

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def radiographs(folder):
    """[(image, row)] of every image under a plain CC BY licence in `folder`/labels.csv; others are left out."""
    with open(os.path.join(folder, "labels.csv"), encoding="utf-8", errors="replace") as file:
        rows = [r for r in csv.DictReader(file) if r["license"] in ("CC BY 3.0", "CC BY 4.0")]
    rows.sort(key=lambda r: r["filename"])
    return [(Image.open(os.path.join(folder, "images", r["filename"])).convert("L"), r) for r in rows]


def preprocess(image, size):
    """Short side to `size` (bicubic, antialiased), centre crop: what the model card prescribes. -> uint8 [size, size, 3]"""
    image = image.convert("RGB")
    short = min(image.size)
    image = image.resize(tuple(size * s // short for s in image.size), Image.BICUBIC)
    left, top = (round((s - size) / 2) for s in image.size)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def crop(image, size, rng):
    """A random view: rotation, crop of 20..100 % of the area, flip, gamma, contrast, blur, noise, sometimes inverted."""
    angle = rng.normal(0, 8) if rng.random() < 0.6 else 0
    if angle:
        image = image.rotate(angle, Image.BICUBIC, fillcolor=0)
    w, h = image.size
    area, ratio = w * h * rng.uniform(0.2, 1.0), np.exp(rng.uniform(-0.3, 0.3))
    cw, ch = min(w, round((area * ratio) ** 0.5)), min(h, round((area / ratio) ** 0.5))
    x, y = rng.integers(0, w - cw + 1), rng.integers(0, h - ch + 1)
    image = image.resize((size, size), Image.BICUBIC, (x, y, x + cw, y + ch))
    if rng.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    if rng.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2.5)))
    a = np.asarray(image, np.float32) / 255
    a = a ** np.exp(rng.normal(0, 0.25))
    a = (a - a.mean()) * np.exp(rng.normal(0, 0.2)) + a.mean() + rng.normal(0, 0.06)
    if rng.random() < 0.1:
        a = 1 - a
    if rng.random() < 0.3:
        a = a + rng.normal(0, rng.uniform(0.01, 0.05), a.shape)
    a = np.clip(a, 0, 1)
    return to_rgb(a)


def procedural(size, rng):
    """One of: fractal noise, gratings, scattered shapes, body-like ellipses; grey or coloured."""
    a = (fractal, gratings, shapes, ellipses)[rng.integers(4)](size, rng)
    a = (a - a.min()) / (np.ptp(a) + 1e-6)
    if rng.random() < 0.3:
        low, high = rng.random(3), rng.random(3)
        return np.clip((low + (high - low) * a[..., None]) * 255, 0, 255).astype(np.uint8)
    return to_rgb(a)


def to_rgb(a):
    return np.repeat((a * 255).round().astype(np.uint8)[..., None], 3, 2)


def fractal(size, rng):
    """Noise whose spectrum falls as 1 / f^beta."""
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    f[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(size, size))) / f ** rng.uniform(0.6, 2.2)
    spectrum[0, 0] = 0
    a = np.fft.irfft2(spectrum, (size, size))
    return np.abs(a) if rng.random() < 0.3 else a


def gratings(size, rng):
    y, x = np.mgrid[:size, :size] / size
    a = np.zeros((size, size))
    for _ in range(rng.integers(1, 5)):
        angle, frequency = rng.uniform(0, np.pi), rng.uniform(2, 30)
        a += np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6))
    return a + 0.3 * fractal(size, rng)


def shapes(size, rng):
    image = Image.fromarray((fractal(size, rng) * 60 + 128).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(3, 30)):
        x, y, w, h = rng.integers(0, size, 2).tolist() + rng.integers(4, size // 3, 2).tolist()
        box, grey = (x, y, x + w, y + h), int(rng.integers(256))
        (draw.ellipse, draw.rectangle, lambda b, fill: draw.line(b, fill, int(rng.integers(1, 8))))[rng.integers(3)](box, fill=grey)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2))), np.float32)


def ellipses(size, rng):
    """A body outline with two dark fields, bars across and soft spots: a crude phantom in a random pose."""
    y, x = np.mgrid[:size, :size] / size * 2 - 1
    def soft(cx, cy, rx, ry, width=0.08):
        r = np.hypot((x - cx) / rx, (y - cy) / ry)
        return 1 / (1 + np.exp(np.clip((r - 1) / width, -30, 30)))
    dx = rng.uniform(0.3, 0.5)
    a = 0.8 * soft(0, 0.1, rng.uniform(0.8, 1.1), rng.uniform(0.9, 1.3))
    for side in (-1, 1):
        a -= rng.uniform(0.3, 0.6) * soft(side * dx, rng.normal(0, 0.08), rng.uniform(0.25, 0.38), rng.uniform(0.5, 0.8))
    ribs, bend = rng.uniform(4, 9), rng.uniform(0.1, 0.6)
    a += rng.uniform(0.02, 0.1) * np.sin(2 * np.pi * ribs * (y + bend * x ** 2) / 2) * (np.abs(x) < 0.9)
    for _ in range(rng.integers(0, 8)):
        a += rng.uniform(0.05, 0.35) * soft(rng.uniform(-0.7, 0.7), rng.uniform(-0.6, 0.7), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3), 0.3)
    return a + rng.uniform(0.0, 0.08) * fractal(size, rng) * 3
