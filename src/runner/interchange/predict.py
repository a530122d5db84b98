#!/usr/bin/env python3
"""Probabilities of a model that Radapt exported, for one image or every image of a folder. Research use only.

    pip install onnxruntime pillow numpy
    python predict.py model.onnx images/ predictions.csv

How images are prepared and what the classes are called stands in the model itself (metadata_props).
Pixels: PNG and JPEG as Radapt reads them: 16 bits become 8, transparency is laid over black, Exif orientation is applied.
Resizing is Pillow's, which Radapt repeats bit for bit. JPEG decoders may differ by a grey level or so.
"""
import csv
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR, "nearest": Image.Resampling.NEAREST}
BATCH = 16
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp")


def read_image(path):
    """An 8-bit grey or RGB image."""
    image = Image.open(path)
    image.load()
    if image.format == "JPEG":
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.floor(values * 255 / 65535 + 0.5).astype(np.uint8))
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        values = np.asarray(image.convert("RGBA")).astype(np.float64)
        colours = np.floor(values[..., :3] * values[..., 3:] / 255 + 0.5).astype(np.uint8)
        return Image.fromarray(colours[..., 0] if image.mode in ("L", "LA", "1") else colours)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def prepare(image, p):
    """[channels, size, size] float32: pad or stretch, resize the short side, crop the centre, normalise."""
    size, resize, channels = p["size"], p["resize"], p.get("channels", 3)
    if channels == 1:
        image = image.convert("L")
    if p["crop"] == "pad" and image.width != image.height:
        side = max(image.size)
        square = Image.new(image.mode, (side, side), 0)
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    short, (width, height) = min(image.size), image.size
    scaled = (resize, resize) if p["crop"] == "stretch" else tuple(resize if d == short else int(resize * d / short) for d in (width, height))
    if scaled != image.size:
        image = image.resize(scaled, FILTERS[p["interpolation"]])
    canvas = Image.new(image.mode, (size, size), 0)
    left, top = (round((d - size) / 2) if d >= size else -((size - d) // 2) for d in image.size)
    canvas.paste(image, (-left, -top))
    values = np.asarray(canvas)
    planes = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    mean, std = (np.array(p[key][:channels], np.float32)[:, None, None] for key in ("mean", "std"))
    scaled = planes.astype(np.float32) / np.float32(255)
    return (np.broadcast_to(scaled, (channels, size, size)) - mean) / std


def predict(model, paths):
    """Yields (path, probabilities [classes]) in the order of the paths."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    if "preprocessing" not in about:
        sys.exit(f"{model} does not say how images are to be prepared: it was not exported by Radapt.")
    preprocessing = json.loads(about["preprocessing"])
    source = session.get_inputs()[0]
    batch = source.shape[0] if isinstance(source.shape[0], int) else BATCH
    for start in range(0, len(paths), batch):
        part = paths[start : start + batch]
        images = np.stack([prepare(read_image(path), preprocessing) for path in part])
        if len(part) < batch and isinstance(source.shape[0], int):
            images = np.concatenate([images, np.zeros((batch - len(part), *images.shape[1:]), np.float32)])
        (probabilities,) = session.run(["probabilities"], {source.name: images})
        yield from zip(part, probabilities)


def classes_of(model):
    import onnxruntime

    about = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).get_modelmeta()
    return json.loads(about.custom_metadata_map["classes"])


def main(model, images, out="predictions.csv"):
    root = Path(images)
    found = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not found:
        sys.exit(f"No PNG or JPEG image in {images}.")
    classes = classes_of(model)
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["image", "prediction", *(f"p:{name}" for name in classes)])
        for path, row in predict(model, found):
            name = path.name if path == root else path.relative_to(root).as_posix()
            writer.writerow([name, classes[int(np.argmax(row))], *(float(p) for p in row)])
    print(f"{len(found)} images, {out}. Research use only.")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
