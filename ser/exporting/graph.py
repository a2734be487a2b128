"""The network as one ONNX graph: waveforms in, probabilities and embeddings out; batch and length are free."""

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ser.errors import ConfigError
from ser.exporting.front_ends import as_graph
from ser.models.checkpoint import reason
from ser.models.classifier import EmotionClassifier

WAVEFORM, LENGTH, EMBEDDINGS = "waveform", "length", "embeddings"
PROBABILITIES, VALUES = "probabilities", "values"
OPSET = 20
JOINTS = ("features", "frames")
"""What the front end hands to the network."""


class Graph(nn.Module):
    """Networks of one front end, above it; their probabilities (or values) are averaged.

    Args:
        networks: of the same settings, from the same checkpoint.
        values: their outputs are values, not logits.
    """

    def __init__(self, networks: Sequence[EmotionClassifier], values: bool) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.values = values

    def forward(self, features: torch.Tensor, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return probabilities or values (batch, labels) and embeddings (batch, networks * width).

        Args:
            features: (batch, frames, channels); anything where padded.
            frames: (batch,) int64 frames of each clip.
        """
        pooled, outputs = [], []
        for network in self.networks:
            pooled.append(network.layers(network.encoder, network.pooling, features, frames))  # type: ignore[operator]
            output = network.head(pooled[-1])  # type: ignore[operator]
            outputs.append(output if self.values else output.softmax(dim=1))
        return torch.stack(outputs).mean(dim=0), torch.cat(pooled, dim=1)


def write_onnx(path: Path, networks: Sequence[EmotionClassifier], values: bool, sample_rate: int) -> None:
    """Write networks as one graph of ONNX, and their weights into a file beside it.

    Inputs are `waveform`, (batch, samples) float32 at the rate and loudness of training, anything where padded, and
    `length`, (batch,) int64 samples of each clip. Front end and body are exported apart and joined: their shapes have
    free symbols each, where the exporter would bind the samples to whole frames.

    Raises:
        ConfigError: the extra is not installed, or the networks compute what ONNX does not have.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ConfigError("the export needs onnx and onnxscript: pip install 'ser-grid[export]'") from error
    front_end, graph = as_graph(networks[0].encoder.front_end).eval(), Graph(networks, values).eval()
    waveforms = torch.linspace(-0.1, 0.1, 2 * sample_rate).sin().repeat(2, 1)
    lengths = torch.tensor([2 * sample_rate, sample_rate])
    with torch.no_grad():
        features, frames = front_end(waveforms, lengths)
    outputs = [VALUES if values else PROBABILITIES, EMBEDDINGS]
    lower, upper = path.with_name("front_end.onnx"), path
    try:
        _export(front_end, (waveforms, lengths), [WAVEFORM, LENGTH], JOINTS, lower, "samples", external=False)
        _export(graph, (features, frames), JOINTS, outputs, upper, "frames", external=True)
        onnx.save(_joined(onnx.load(lower), onnx.load(upper, load_external_data=False)), path)
    finally:
        lower.unlink(missing_ok=True)


def _joined(front_end: Any, network: Any) -> Any:
    """Return one graph of both; `onnx.compose.merge_models` would look for the weights in the working folder."""
    import onnx

    first, second = (
        onnx.compose.add_prefix(part, prefix, rename_inputs=False, rename_outputs=False)
        for part, prefix in ((front_end, "front_end_"), (network, "network_"))
    )
    graph = onnx.compose.merge_graphs(first.graph, second.graph, [(name, name) for name in JOINTS])
    return onnx.helper.make_model(
        graph,
        opset_imports=second.opset_import,
        ir_version=second.ir_version,
        functions=[*first.functions, *second.functions],
    )


def _export(
    module: nn.Module,
    example: tuple[torch.Tensor, torch.Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    path: Path,
    unit: str,
    external: bool,
) -> None:
    """Export a module of a padded batch and its lengths, which are in samples or frames."""
    batch, size = torch.export.Dim("batch"), torch.export.Dim(unit, min=2)  # one name a size, also when both are joined
    with _quiet(), torch.no_grad():
        try:
            program = torch.onnx.export(
                module,
                example,
                dynamo=True,
                opset_version=OPSET,
                verbose=False,
                input_names=inputs,
                output_names=outputs,
                dynamic_shapes=({0: batch, 1: size}, {0: batch}),
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise ConfigError(
                f"a network with {_parts(module)} cannot be exported to ONNX: {reason(error.__cause__ or error)}"
            ) from error
        assert program is not None
        program.save(path, external_data=external)


def _parts(module: nn.Module) -> str:
    """Name the parts of a graph, for messages."""
    if not isinstance(module, Graph):
        return type(module).__name__
    [network, *_] = module.networks
    return ", ".join(type(part).__name__ for part in (network.encoder.model, network.layers, network.pooling))  # type: ignore[union-attr]


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
