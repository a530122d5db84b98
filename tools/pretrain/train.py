"""Trains the attention blocks over the frozen stem, whose outputs are computed once for each view and its mirror image.

Loss: mean squared error to the whitened maps of the teacher at every token, and to their average over the image. The
stem's own map is one of the targets, so that what it knows is not lost on the way through the blocks."""
import argparse
import json
import math
import time

import numpy as np
import torch
from torch import nn

from student import STEM_OUTPUT, Student, flops, load_embed, load_stem
from teacher import Teacher
from views import Whitening

OWN = 64  # components of the stem's own map among the targets


def batches(rows, size=64):
    return np.array_split(rows, math.ceil(len(rows) / size))


class Data:
    """Maps of the stem and targets, for views and their mirror images."""

    def __init__(self, path, stem):
        archive = np.load(path)
        self.targets, held_out = archive["targets"], archive["held_out"]
        self.grid = round(self.targets.shape[1] ** 0.5)
        self.train, self.held_out = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        self.count, self.radiographs = len(held_out), int((archive["origin"] >= 0).sum())
        self.seconds, self.teacher_size, self.names = int(archive["seconds"]), int(archive["teacher_size"]), archive["maps"].tolist()
        views = archive["views"]
        with torch.no_grad():
            self.maps = [torch.cat([stem(scaled(views[rows], flip)).half() for rows in batches(np.arange(len(views)))]) for flip in (False, True)]
        self.own = Whitening(self.tokens(self.maps[0][self.train[:384]]).flatten(0, 1), OWN)
        self.components = archive["components"].tolist() + [OWN]
        self.weight = torch.cat([torch.full((k,), 1 / k) for k in self.components]) / len(self.components)
        self.spread = self.batch(self.train[:2000], False)[1].mean(1).std(0)  # of the averages over an image

    def tokens(self, maps):
        return maps.float().flatten(2).transpose(1, 2)

    def batch(self, rows, flip):
        """-> maps [B, 96, g, g], targets [B, g * g, K]"""
        maps, y = self.maps[flip][rows].float(), torch.from_numpy(self.targets[rows].astype(np.float32))
        if flip:
            y = y.reshape(len(rows), self.grid, self.grid, -1).flip(2).reshape(y.shape)
        return maps, torch.cat([y, self.own(self.tokens(maps))], 2)


def scaled(views, flip):
    """uint8 [B, S, S, 3] -> [B, 3, S, S] in -1..1"""
    x = torch.from_numpy(views).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.flip(3) if flip else x


class Heads(nn.Module):
    """Linear maps from the student's tokens and features to the targets; thrown away after training."""

    def __init__(self, dim, targets):
        super().__init__()
        self.dense, self.pooled = nn.Linear(dim, targets), nn.Linear(dim, targets)


def errors(tokens, y, heads, data):
    """-> mean squared errors of tokens, and of averages in units of their deviation [K]"""
    dense = (heads.dense(tokens) - y).square().mean((0, 1))
    pooled = ((heads.pooled(tokens.mean(1)) - y.mean(1)) / data.spread).square().mean(0)
    return dense, pooled


@torch.no_grad()
def evaluate(student, heads, data):
    """Explained share of the targets' variance on held-out patients' views (tokens, averages): 1 is perfect."""
    parts = [data.batch(rows, False) for rows in batches(data.held_out)]
    tokens, y = torch.cat([student.attend(maps) for maps, _ in parts]), torch.cat([y for _, y in parts])
    dense, pooled = errors(tokens, y, heads, data)
    dense = 1 - dense / y.flatten(0, 1).var(0)
    pooled = 1 - pooled * data.spread ** 2 / y.mean(1).var(0)
    return [round((share * data.weight).sum().item(), 4) for share in (dense, pooled)]


def train(student, heads, data, args, log):
    """AdamW, warm-up and cosine to zero."""
    trained = [p for name, p in student.named_parameters() if not name.startswith("stem.")] + list(heads.parameters())
    optimiser = torch.optim.AdamW(trained, lr=args.rate, weight_decay=args.decay)
    rng, per_epoch, step = np.random.default_rng(args.seed), len(data.train) // args.batch, 0
    began = time.time()
    for epoch in range(args.epochs):
        order, total = rng.permutation(data.train)[: per_epoch * args.batch], 0.0
        for rows in np.split(order, per_epoch):
            step += 1
            progress = step / (args.epochs * per_epoch)
            optimiser.param_groups[0]["lr"] = args.rate * min(step / 100, 0.5 + 0.5 * math.cos(math.pi * progress))
            maps, y = data.batch(rows, bool(rng.integers(2)))
            dense, pooled = errors(student.attend(maps), y, heads, data)
            loss = ((dense + pooled) * data.weight).sum()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            total += loss.item()
        held_out = evaluate(student, heads, data)
        log(epoch=epoch + 1, loss=round(total / per_epoch, 4), held_out=held_out, seconds=round(time.time() - began))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--out", required=True, help="checkpoint to write")
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--ratio", type=float, default=2)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    began = time.time()
    size = np.load(args.views)["views"].shape[1]
    student = Student(size=size, dim=args.dim, depth=args.depth, ratio=args.ratio)
    load_stem(student.stem, Teacher(args.teacher))
    data = Data(args.views, student.stem)
    load_embed(student.embed, data.maps[0][data.train[:384]].float())
    heads, curve = Heads(args.dim, sum(data.components)), []

    def log(**row):
        curve.append(row)
        print(json.dumps(row), flush=True)

    log(parameters=sum(p.numel() for p in student.parameters()), flops=flops(student), stem=STEM_OUTPUT, seconds=round(time.time() - began))
    train(student, heads, data, args, log)
    recipe = {k: v for k, v in vars(args).items() if k not in ("views", "teacher", "out", "threads")}
    recipe |= {"views": data.count, "radiograph_views": data.radiographs, "view_seconds": data.seconds, "teacher_size": data.teacher_size, "maps": data.names,
               "train_seconds": round(time.time() - began), "targets": data.components, "curve": curve}
    torch.save({"config": student.config, "state": student.state_dict(), "recipe": recipe}, args.out)


if __name__ == "__main__":
    main()
