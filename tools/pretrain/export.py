"""Writes the model folder: model.onnx, manifest.json and the card README.md, from a checkpoint and its figures."""
import argparse
import hashlib
import json
import os

import onnx
import torch

from card import card
from evaluate import load
from images import radiographs
from student import flops

ID = "radapt-hybrid-xs"


def export(student, path):
    size = student.config["size"]
    torch.onnx.export(student, torch.zeros(2, 3, size, size), path, opset_version=17, input_names=["pixel_values"],
                      output_names=["features"], dynamic_axes={"pixel_values": {0: "batch"}, "features": {0: "batch"}})
    model = onnx.load(path)
    model.graph.doc_string = "Research use only; not for diagnosis."
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = student.dim
    for node in model.graph.node:
        node.doc_string = ""  # file names and lines of the exporting machine
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return sorted({node.op_type for node in model.graph.node})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--figures", required=True, help="written by evaluate.py")
    parser.add_argument("--radiographs", required=True, help="for the attributions")
    parser.add_argument("--out", required=True, help="model folder")
    parser.add_argument("--trials", default="", help="sentences for the card: which trained models were compared, and on what")
    parser.add_argument("--reference", help="where to write an input and its features as raw float32, for check-onnx.mjs")
    args = parser.parse_args()
    torch.set_num_threads(1)
    student, checkpoint = load(args.checkpoint)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "model.onnx")
    ops = export(student, path)
    with open(path, "rb") as file:
        data = file.read()
    with open(args.figures, encoding="utf-8") as file:
        figures = json.load(file)
    size = student.config["size"]
    manifest = {
        "id": ID, "name": "Radapt hybrid XS", "file": "model.onnx", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "opset": 17, "preprocessing": {"size": size, "resize": size, "interpolation": "bicubic", "crop": "crop", "mean": [0.5] * 3, "std": [0.5] * 3},
        "feature": "auto", "features": student.dim, "licence": "Apache-2.0", "source": "tools/pretrain",
        "params": sum(p.numel() for p in student.parameters()),
    }
    with open(os.path.join(args.out, "manifest.json"), "w", encoding="utf-8") as file:
        file.write(json.dumps(manifest, indent=2) + "\n")
    facts = {"manifest": manifest, "trials": args.trials, "ops": ops, "flops": flops(student), "config": checkpoint["config"], "recipe": checkpoint["recipe"]}
    with open(os.path.join(args.out, "README.md"), "w", encoding="utf-8") as file:
        file.write(card(facts, figures, [row for _, row in radiographs(args.radiographs)]))
    if args.reference:
        torch.manual_seed(1)
        x = torch.randn(3, 3, size, size)
        with torch.no_grad():
            x.numpy().tofile(args.reference + ".input")
            student(x).numpy().tofile(args.reference + ".features")
    print(json.dumps({"bytes": len(data), "ops": ops}))


if __name__ == "__main__":
    main()
