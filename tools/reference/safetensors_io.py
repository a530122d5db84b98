"""Reads and writes safetensors files with nothing but the standard library and NumPy.

Format: 8 bytes little-endian header length, JSON header, then the tensors' bytes.
https://github.com/huggingface/safetensors#format
"""
import json
import struct

import numpy as np

DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
NAMES = {np.dtype(v): k for k, v in DTYPES.items()}


def write(path, tensors):
    """Writes {name: array}; arrays keep their dtype (float32, float64, int32 or int64)."""
    header, chunks, offset = {}, [], 0
    for name, value in tensors.items():
        value = np.asarray(value)
        shape = list(value.shape)
        data = np.ascontiguousarray(value).tobytes()
        header[name] = {"dtype": NAMES[value.dtype], "shape": shape, "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)))
        f.write(text)
        for chunk in chunks:
            f.write(chunk)


def read(path):
    """Reads {name: array}; the optional `__metadata__` entry is left out."""
    with open(path, "rb") as f:
        (size,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(size))
        body = f.read()
    out = {}
    for name, row in header.items():
        if name == "__metadata__":
            continue
        start, end = row["data_offsets"]
        out[name] = np.frombuffer(body[start:end], DTYPES[row["dtype"]]).reshape(row["shape"]).copy()
    return out
