#!/usr/bin/env python3
"""Compares the preprocessing of src/runner/interchange/predict.py with the golden values of src/models/fixtures/preprocess.json.

Run: python3 tools/check_predict.py
Needs: Pillow, NumPy. Not needed to build or run Radapt. Exit status 1 where a number differs.
"""
import base64
import json
import sys
from pathlib import Path

import numpy as np

from noise import draw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src/runner/interchange"))
sys.dont_write_bytecode = True
from predict import prepare  # noqa: E402

different = 0
for case in json.loads((ROOT / "src/models/fixtures/preprocess.json").read_text())["cases"]:
    want = np.frombuffer(base64.b64decode(case["out"]), "<f4")
    got = np.asarray(prepare(draw(**case["image"]), case["preprocessing"]), np.float32).ravel()
    error = float(np.abs(got - want).max())
    different += error > 0
    p = case["preprocessing"]
    print(f"{case['image']} {p['crop']} {p['interpolation']} {p['resize']} to {p['size']}: {error:g}")
print("equal" if different == 0 else f"{different} differ")
sys.exit(different > 0)
