"""The network as one ONNX graph: waveforms in, probabilities and embeddings out; batch and length are free."""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import nn

from ser.errors import ConfigError
from ser.exporting.front_ends import as_graph
from ser.models.checkpoint import reason
from ser.models.classifier import EmotionClassifier

WAVEFORM, LENGTH, EMBEDDINGS = "waveform", "length", "embeddings"
PROBABILITIES, VALUES = "probabilities", "values"
OPSET = 20
SHORTEST = 400
"""Samples of a batch that the graph is made for at least; shorter clips are padded in it."""
LARGEST_BYTES = 2**30
"""Weights beyond this are a file beside the graph: a file of ONNX holds 2 GB at most."""


class Graph(nn.Module):
    """Networks of one front end, whose probabilities (or values) are averaged.

    Args:
        networks: of the same settings, from the same checkpoint.
        values: their outputs are values, not logits.
    """

    def __init__(self, networks: Sequence[EmotionClassifier], values: bool) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.front_end = as_graph(networks[0].encoder.front_end)
        self.values = values

    def forward(self, waveform: torch.Tensor, length: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return probabilities or values (batch, labels) and embeddings (batch, networks * width).

        Args:
            waveform: (batch, samples) float32 at the encoder's rate and the loudness of training; anything where padded.
            length: (batch,) int64 samples of each clip.
        """
        features, frames = self.front_end(waveform, length)
        pooled, outputs = [], []
        for network in self.networks:
            pooled.append(network.layers(network.encoder, network.pooling, features, frames))  # type: ignore[operator]
            output = network.head(pooled[-1])  # type: ignore[operator]
            outputs.append(output if self.values else output.softmax(dim=1))
        return torch.stack(outputs).mean(dim=0), torch.cat(pooled, dim=1)


def write_onnx(path: Path, networks: Sequence[EmotionClassifier], values: bool, sample_rate: int) -> None:
    """Write networks as one ONNX file, in evaluation mode.

    Raises:
        ConfigError: the extra is not installed, or the networks compute what ONNX does not have.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ConfigError("the export needs onnx and onnxscript: pip install 'ser-grid[export]'") from error
    graph = Graph(networks, values).eval()
    example = (
        torch.linspace(-0.1, 0.1, 2 * sample_rate).sin().repeat(2, 1),
        torch.tensor([2 * sample_rate, sample_rate]),
    )
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples", min=SHORTEST)
    size = sum(each.numel() * each.element_size() for each in graph.parameters())
    with _quiet(), torch.no_grad():
        try:
            program = torch.onnx.export(
                graph,
                example,
                dynamo=True,
                opset_version=OPSET,
                verbose=False,
                input_names=[WAVEFORM, LENGTH],
                output_names=[VALUES if values else PROBABILITIES, EMBEDDINGS],
                dynamic_shapes=({0: batch, 1: samples}, {0: batch}),
            )
        except torch.onnx.errors.OnnxExporterError as error:
            kind = type(networks[0].encoder.model).__name__
            raise ConfigError(
                f"a network of {kind} and {type(networks[0].pooling).__name__} cannot be exported to ONNX:"
                f" {reason(error.__cause__ or error)}"
            ) from error
        assert program is not None
        program.save(path, external_data=size > LARGEST_BYTES)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter says of its own progress off the screen."""
    loggers = [logging.getLogger(name) for name in ("onnxscript", "onnx_ir", "torch.onnx", "torch.export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
