"""The header `model.yaml` with which audEERING's audonnx opens the model.

audonnx reads one clip at a time and takes one free dimension an input, so that its graph has a batch of one and finds
the length of the clip itself. The weights are those of the other graph, in the file beside both.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from ser.exporting.graph import LENGTH, WAVEFORM

HEADER, GRAPH = "model.yaml", "model_audonnx.onnx"


def write_header(folder: Path, onnx_file: str, output: str, labels: Sequence[str]) -> None:
    """Write the header, and the graph that it names.

    Args:
        folder: with the graph of the export.
        onnx_file: its name; its weights are in a file beside it.
        output: that has the labels.
        labels: of it.
    """
    import onnx

    model = onnx.load(folder / onnx_file, load_external_data=False)
    graph = model.graph
    [length] = [each for each in graph.input if each.name == LENGTH]
    [waveform] = [each for each in graph.input if each.name == WAVEFORM]
    graph.input.remove(length)
    waveform.type.tensor_type.shape.dim[0].Clear()
    waveform.type.tensor_type.shape.dim[0].dim_value = 1
    nodes = [onnx.helper.make_node("Shape", [WAVEFORM], [LENGTH], start=1, end=2), *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    for each in graph.output:
        each.type.tensor_type.shape.dim[0].Clear()
        each.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, folder / GRAPH)
    content = {"$audonnx.core.model.Model==1.0.1": {"path": GRAPH, "labels": {output: [*labels]}, "transform": None}}
    (folder / HEADER).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
