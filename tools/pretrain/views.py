"""Draws the views to learn from, runs the teacher once over them, and keeps views and whitened targets in one .npz.

A view is drawn at 192 pixels for the teacher, whose maps then are 12 x 12 and 6 x 6, and reduced to the student's input:
the student learns to say from fewer pixels and fewer layers what the teacher sees."""
import argparse
import time

import numpy as np
import torch
from PIL import Image

from images import crop, procedural, radiographs
from teacher import Teacher

TEACHER_SIZE = 192
TARGETS = {"conv_39": 64, "add_47": 64, "conv_61": 96, "act_35": 128}  # values of the teacher's graph: components kept
FIT = 384  # views that the components are fitted on


def draw(pictures, count, share, seed):
    """`count` views [V, 192, 192, 3] uint8 and the index of each one's radiograph, or -1 for a procedural one."""
    rng, origin = np.random.default_rng(seed), []
    for i in range(count):
        is_radiograph = rng.random() < share
        which = int(rng.integers(len(pictures))) if is_radiograph else -1
        origin.append(which)
        yield i, which, crop(pictures[which], TEACHER_SIZE, rng) if is_radiograph else procedural(TEACHER_SIZE, rng)


def smaller(view, size):
    return np.asarray(Image.fromarray(view).resize((size, size), Image.BICUBIC))


def pooled_map(value, grid):
    """[B, C, H, W] -> [B, grid * grid, C]"""
    return torch.nn.functional.adaptive_avg_pool2d(value, grid).flatten(2).transpose(1, 2)


class Whitening:
    """Leading principal components, each divided by its deviation (softened so that faint ones are not blown up)."""

    def __init__(self, rows, keep):
        """rows [R, C]"""
        self.mean = rows.mean(0)
        variance, axes = torch.linalg.eigh(torch.cov((rows - self.mean).T))
        variance, axes = variance.flip(0)[:keep].clamp(min=0), axes.flip(1)[:, :keep]
        self.project = axes / (variance + 0.3 * variance.mean()).sqrt()

    def __call__(self, rows):
        return (rows - self.mean) @ self.project


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--radiographs", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--share", type=float, default=0.8, help="of radiographs among the views")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    began = time.time()
    sources = radiographs(args.radiographs)
    patients = np.array([row["patientid"] for _, row in sources])
    teacher, grid, names = Teacher(args.teacher), args.size // 16, list(TARGETS)

    views, origin, targets, batch, whiten, kept = [], [], [], [], None, []
    def flush():
        x = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 127.5 - 1
        maps = [pooled_map(v, grid) for v in teacher(x, names)]
        batch.clear()
        return maps

    def keep(maps):
        targets.append(torch.cat([w(m) for w, m in zip(whiten, maps)], 2).half().numpy())

    for i, which, view in draw([image for image, _ in sources], args.count, args.share, args.seed):
        views.append(smaller(view, args.size))
        origin.append(which)
        batch.append(view)
        if len(batch) < 32 and i + 1 < args.count:
            continue
        maps = flush()
        if whiten:
            keep(maps)
            continue
        kept.append(maps)
        if len(kept) * 32 >= FIT or i + 1 == args.count:
            whiten = [Whitening(torch.cat([k[t] for k in kept]).flatten(0, 1), TARGETS[n]) for t, n in enumerate(names)]
            for earlier in kept:
                keep(earlier)
            print(f"components fitted after {time.time() - began:.0f} s", flush=True)

    origin = np.array(origin)
    # every eighth patient is held out: settings are chosen by how well the teacher is predicted on them
    held = np.isin(patients, np.unique(patients)[::8])
    seconds = round(time.time() - began)
    np.savez(args.out, views=np.stack(views), targets=np.concatenate(targets), origin=origin, seconds=seconds,
             held_out=(origin >= 0) & held[origin], components=np.array(list(TARGETS.values())), maps=names,
             teacher_size=TEACHER_SIZE)
    print(f"{len(views)} views, {(origin >= 0).sum()} of radiographs, {seconds} s")


if __name__ == "__main__":
    main()
