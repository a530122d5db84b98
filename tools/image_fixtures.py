#!/usr/bin/env python3
"""Tiny image files with their true pixels for src/data/decode.test.ts: JPEGs by Pillow, PNGs written here byte by byte.

Run: python3 tools/image_fixtures.py > src/data/fixtures/images.json
Needs: Pillow, numpy. Not needed to build or run Radapt.
"""
import base64
import io
import json
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

rng = np.random.default_rng(1)
good, bad = {}, {}
text = lambda b: base64.b64encode(bytes(b)).decode()


def accept(name, file, pixels):
    """pixels: [H, W] or [H, W, 3] uint8, as Radapt must see them."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else 3
    data = text(pixels.astype(np.uint8).tobytes())
    good[name] = {"file": text(file), "width": width, "height": height, "channels": channels, "data": data}


# JPEG ----------------------------------------------------------------------------------------------------------------
blocks = np.kron(rng.integers(0, 256, (4, 5, 3)), np.ones((4, 4, 1))).astype(np.uint8)
image = Image.fromarray(blocks[:13, :18])


def jpeg(source, **options):
    out = io.BytesIO()
    source.save(out, "jpeg", **options)
    return out.getvalue()


def accept_jpeg(name, file):
    accept(name, file, np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(file)))))


plain = jpeg(image, quality=80)
progressive = jpeg(image, quality=80, progressive=True)
accept_jpeg("colour.jpg", plain)
accept_jpeg("no-subsampling.jpg", jpeg(image, quality=90, subsampling=0))
accept_jpeg("progressive.jpg", progressive)
accept_jpeg("grey.jpg", jpeg(image.convert("L"), quality=80))
accept_jpeg("trailing-rubbish.jpg", plain + b"rubbish\xff\xd8\xff\x00\xff" * 3)
for orientation in range(2, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    accept_jpeg(f"orientation-{orientation}.jpg", jpeg(image.convert("L"), quality=90, exif=exif))
bad["cmyk.jpg"] = ("image.unsupported", jpeg(image.convert("CMYK"), quality=60))
bad["cut.jpg"] = ("image.truncated", plain[:-60])
bad["cut-progressive.jpg"] = ("image.truncated", progressive[:-60])
bad["no-end.jpg"] = ("image.truncated", plain[:-2])
bad["cut-header.jpg"] = ("image.truncated", plain[:40])
start = plain.index(b"\xff\xda") + 14
bad["holed.jpg"] = ("image.corrupt", plain[: start + 20] + plain[-2:])

# PNG -----------------------------------------------------------------------------------------------------------------
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
GREY, RGB, INDEXED, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
H, W = 5, 6


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(rows, depth):
    out = b""
    for row in rows.reshape(rows.shape[0], -1):
        if depth >= 8:
            out += b"\0" + row.astype(f">u{depth // 8}").tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            out += b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    return out


def png(samples, depth, kind, interlaced=False, extra=b""):
    if interlaced:
        parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES]
        raw = b"".join(packed(part, depth) for part in parts if part.size)
    else:
        raw = packed(samples, depth)
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], depth, kind, 0, 0, int(interlaced))
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def rounded(values):
    return np.floor(values + 0.5)


for interlaced in (False, True):
    suffix = "-interlaced" if interlaced else ""
    for depth in (1, 2, 4, 8, 16):
        if interlaced and depth < 8:
            continue
        top = 2**depth - 1
        a = rng.integers(0, top + 1, (H, W, 1))
        accept(f"grey-{depth}{suffix}.png", png(a, depth, GREY, interlaced), rounded(a[..., 0] * 255 / top))
        if depth <= 8:
            colours = rng.integers(0, 256, (top + 1, 3)).astype(np.uint8)
            plte = chunk(b"PLTE", colours.tobytes())
            accept(f"palette-{depth}{suffix}.png", png(a, depth, INDEXED, interlaced, plte), colours[a[..., 0]])
            alpha = rng.integers(0, 256, top + 1).astype(np.uint8)
            over = rounded(colours[a[..., 0]] * (alpha[a[..., 0]][..., None] / 255))
            file = png(a, depth, INDEXED, interlaced, plte + chunk(b"tRNS", alpha.tobytes()))
            accept(f"palette-alpha-{depth}{suffix}.png", file, over)
        if depth >= 8:
            for kind, name, channels in ((RGB, "rgb", 3), (GREY_ALPHA, "grey-alpha", 2), (RGB_ALPHA, "rgb-alpha", 4)):
                a = rng.integers(0, top + 1, (H, W, channels))
                alpha = 1 if kind == RGB else a[..., -1:] / top
                colour = a[..., :1] if kind == GREY_ALPHA else a[..., :3]
                over = rounded(colour * 255 / top * alpha)
                over = over[..., 0] if kind == GREY_ALPHA else over
                accept(f"{name}-{depth}{suffix}.png", png(a, depth, kind, interlaced), over)

a = rng.integers(0, 2, (H, W, 1)) * 9
clear = png(a, 8, GREY, extra=chunk(b"tRNS", b"\0\x09"))
accept("clear-grey.png", clear, np.zeros((H, W)))
accept("broken-text.png", png(a, 8, GREY, extra=chunk(b"iCCP", b"no profile")), a[..., 0])
whole = png(rng.integers(0, 256, (H, W, 1)), 8, GREY)
flipped = bytearray(whole)
flipped[50] ^= 255
bad["cut.png"] = ("image.truncated", whole[:-20])
bad["flipped.png"] = ("image.corrupt", flipped)
bad["no-palette.png"] = ("image.corrupt", png(a // 9, 1, INDEXED))
bad["interlaced-bits.png"] = ("image.unsupported", png(a // 9, 1, GREY, True))
huge = struct.pack(">IIBBBBB", 100_000, 100_000, 8, GREY, 0, 0, 0)
bad["huge.png"] = ("image.too-large", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", huge) + chunk(b"IEND", b""))

refused = {name: {"code": code, "file": text(file)} for name, (code, file) in bad.items()}
json.dump({"script": "tools/image_fixtures.py", "good": good, "bad": refused}, sys.stdout, indent=0)
print()
