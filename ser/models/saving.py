"""How weights get onto the disk: straight into their folder, whole or not at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from safetensors.torch import save_file
from torch import nn

from ser.records import HALF_CHECKPOINT


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint beside the last one and renames it.

    Lightning builds the file in memory, and a second time in the system's temporary folder, which may be small and
    keeps what a killed process left.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write what training needs to go on."""
        with _beside(Path(path), HALF_CHECKPOINT) as half_written:
            torch.save(checkpoint, half_written)


def write_weights(path: Path, network: nn.Module) -> None:
    """Write what training has changed of a network: its weights that are not frozen, and its statistics."""
    frozen = {name for name, weights in network.named_parameters() if not weights.requires_grad}
    changed = {name: value.cpu().contiguous() for name, value in network.state_dict().items() if name not in frozen}
    with _beside(path, path.with_suffix(".part").name) as half_written:
        save_file(changed, half_written)


@contextlib.contextmanager
def _beside(path: Path, name: str) -> Iterator[Path]:
    """Give a file to write, which takes the place of another when the block ends well and goes when it does not."""
    half_written = path.with_name(name)
    try:
        yield half_written
        half_written.replace(path)
    finally:
        half_written.unlink(missing_ok=True)
