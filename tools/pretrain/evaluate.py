"""Figures of a checkpoint for the model card: the linear probe on labelled radiographs and on the demo's phantoms, beside
a random student, a 14 x 14 thumbnail, the teacher, and the student's stem alone."""
import argparse
import json
import os

import numpy as np
import torch
from PIL import Image

from probe import encode, labelled, score, thumbnails
from student import STEM_OUTPUT, Student
from teacher import POOLED, Teacher


def phantoms(folder):
    """What phantoms.mjs wrote -> images, labels [N], patients [N]"""
    with open(os.path.join(folder, "images.json"), encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    pixels = np.fromfile(os.path.join(folder, "images.bin"), np.uint8).reshape(-1, rows[0]["height"], rows[0]["width"])
    return [Image.fromarray(p) for p in pixels], np.array([r["outcome"] for r in rows]), np.array([r["patient"] for r in rows])


def load(path):
    checkpoint = torch.load(path)
    student = Student(**checkpoint["config"])
    student.load_state_dict(checkpoint["state"])
    return student.eval(), checkpoint


def compare(name, images, y, groups, encoders):
    figures = {"images": len(images), "patients": len(np.unique(groups)), "classes": int(y.max()) + 1}
    figures["14 x 14 thumbnail"] = score(thumbnails(images), y, groups)
    for label, (function, size) in encoders.items():
        figures[label] = score(encode(function, images, size), y, groups)
        print(name, label, figures[label], flush=True)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--labelled", help="folder of the three-way radiographs")
    parser.add_argument("--phantoms", help="folder written by phantoms.mjs")
    parser.add_argument("--out")
    parser.add_argument("--brief", action="store_true", help="the student only")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    student, checkpoint = load(args.checkpoint)
    size = checkpoint["config"]["size"]
    encoders = {"this model": (student, size)}
    if not args.brief:
        teacher = Teacher(args.teacher)
        torch.manual_seed(0)
        encoders["same network, random weights"] = (Student(**checkpoint["config"]).eval(), size)
        encoders["its stem before training, averaged"] = (lambda x: teacher(x, [STEM_OUTPUT])[0].mean((2, 3)), size)
        encoders["teacher at the same input size"] = (lambda x: teacher(x, [POOLED])[0], size)
        encoders["teacher at 224 pixels"] = (lambda x: teacher(x, [POOLED])[0], 224)
    figures = {}
    if args.labelled:
        figures["radiographs"] = compare("radiographs", *labelled(args.labelled), encoders)
    if args.phantoms:
        figures["phantoms"] = compare("phantoms", *phantoms(args.phantoms), encoders)
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
