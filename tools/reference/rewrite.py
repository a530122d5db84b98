"""Rewrites of an exported file into forms that this PyTorch does not write itself but other tools do."""
import numpy as np
import onnx
from onnx import helper, numpy_helper


def consumers(graph, name):
    return [n for n in graph.node if name in n.input]


def fuse_gelu(graph):
    """x / sqrt 2, Erf, + 1, x *, * 0.5 becomes the operator Gelu (since opset 20)."""
    made = {o: n for n in graph.node for o in n.output}
    for erf in [n for n in graph.node if n.op_type == "Erf"]:
        divide = made[erf.input[0]]
        (plus,) = consumers(graph, erf.output[0])
        (times,) = consumers(graph, plus.output[0])
        (half,) = consumers(graph, times.output[0])
        chain = [divide, erf, plus, times, half]
        if [n.op_type for n in chain] != ["Div", "Erf", "Add", "Mul", "Mul"]:
            continue
        gelu = helper.make_node("Gelu", [divide.input[0]], [half.output[0]], erf.name.replace("Erf", "Gelu"))
        at = list(graph.node).index(half)
        graph.node.insert(at, gelu)
        for node in chain:
            graph.node.remove(node)


def modern(model):
    """Opset 20: axes of reductions are inputs (18), Split counts its outputs (18), Gelu is one operator (20)."""
    graph = model.graph
    fuse_gelu(graph)
    for node in graph.node:
        if node.op_type == "ReduceMean":
            for attribute in [a for a in node.attribute if a.name == "axes"]:
                name = node.output[0] + "_axes"
                graph.initializer.append(numpy_helper.from_array(np.array(attribute.ints, np.int64), name))
                node.input.append(name)
                node.attribute.remove(attribute)
        if node.op_type == "Split":
            del node.input[1:]
            node.attribute.append(helper.make_attribute("num_outputs", len(node.output)))
    model.opset_import[0].version = 20
    model.ir_version = 9


def strip_identities(model):
    """Shared parameters without the Identity nodes that name them, as graph simplifiers leave them."""
    graph = model.graph
    source = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Identity"}
    for node in [n for n in graph.node if n.op_type == "Identity"]:
        graph.node.remove(node)
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = source.get(name, name)


def strip_scopes(model):
    """Nodes and values without module scopes, as exporters based on torch.export write them."""
    graph = model.graph
    kept = {t.name for t in (*graph.input, *graph.output, *graph.initializer)}
    parameters = {n.output[0] for n in graph.node if n.op_type == "Identity"}
    names = {}
    for i, node in enumerate(graph.node):
        node.name = f"node_{node.op_type}_{i}"
        for k, name in enumerate(node.output):
            if name not in kept and name not in parameters:
                names[name] = f"val_{i}_{k}"
    for node in graph.node:
        for values in (node.input, node.output):
            for i, name in enumerate(values):
                values[i] = names.get(name, name)


def rewrite(path, steps):
    """Applies the named rewrites to the file at `path`, in order."""
    model = onnx.load(path)
    for step in steps:
        {"modern": modern, "strip_identities": strip_identities, "strip_scopes": strip_scopes}[step](model)
    del model.graph.value_info[:]
    onnx.save(model, path)
