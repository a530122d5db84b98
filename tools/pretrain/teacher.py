"""MobileNetV2 read from its ONNX file into plain torch calls: the teacher, and the source of the student's first layers."""
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

POOLED = "gap_63"  # [B, 1280, 1, 1] average over the last map
DENSE = "act_35"  # [B, 1280, H/32, W/32] the last map


class Teacher:
    """Runs the Conv / Clip / Add / GlobalAveragePool graph up to the pooled features; any input size."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.weights = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        self.nodes = []
        for node in graph.node:
            self.nodes.append((node.op_type, list(node.input), node.output[0], {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}))
            if node.output[0] == POOLED:
                break

    @torch.no_grad()
    def __call__(self, x, names=(POOLED, DENSE)):
        """x [B, 3, H, W] in -1..1 -> the named values."""
        values = {"input": x}
        for op, inputs, output, attrs in self.nodes:
            args = [values[n] if n in values else self.weights[n] for n in inputs]
            values[output] = run(op, args, attrs)
        return [values[n] for n in names]


def run(op, args, attrs):
    if op == "Conv":
        top, left, bottom, right = attrs["pads"]
        x = F.pad(args[0], (left, right, top, bottom)) if top != bottom else args[0]
        return F.conv2d(x, args[1], args[2], attrs["strides"], top if top == bottom else 0, 1, attrs["group"])
    if op == "Clip":
        return args[0].clamp(float(args[1]), float(args[2]))
    if op == "Add":
        return args[0] + args[1]
    if op == "GlobalAveragePool":
        return args[0].mean((2, 3), keepdim=True)
    raise ValueError(f"the teacher's graph holds {op}, which this reader does not know")
