"""Test images that a few lines of any language draw alike."""
import numpy as np
from PIL import Image


def draw(width, height, channels):
    """Noise from a 32-bit linear congruential generator: hard edges, so that overshoot and clipping are tried."""
    state, values = width * 1000 + height, []
    for _ in range(width * height * channels):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(0 if state >> 31 else state >> 24 & 127 | 128)
    array = np.array(values, np.uint8).reshape(height, width, channels)
    return Image.fromarray(array[:, :, 0] if channels == 1 else array)
