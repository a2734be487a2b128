"""How weights get onto the disk: straight into their folder, whole or not at all."""

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from safetensors.torch import save_file
from torch import nn

from ser.records import HALF_CHECKPOINT, keep_checkpoint, whole


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint beside the last one and renames it.

    Lightning builds the file in memory, and a second time in the system's temporary folder, which may be small and
    keeps what a killed process left.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write what training needs to go on."""
        half_written = Path(path).with_name(HALF_CHECKPOINT)
        try:
            torch.save(checkpoint, half_written)
            keep_checkpoint(Path(path))
        finally:
            half_written.unlink(missing_ok=True)


def trained_values(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return what training changes of a network, by name: its weights that are not frozen, and its statistics."""
    frozen = {name for name, weights in network.named_parameters() if not weights.requires_grad}
    return {name: value for name, value in network.state_dict().items() if name not in frozen}


def write_weights(path: Path, network: nn.Module) -> None:
    """Write what training changes of a network."""
    changed = {name: value.cpu().contiguous() for name, value in trained_values(network).items()}
    with whole(path) as temporary:
        save_file(changed, temporary)
