"""How a checkpoint gets onto the disk: straight into its folder, whole or not at all."""

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from ser.records import HALF_CHECKPOINT


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
            half_written.replace(path)
        finally:
            half_written.unlink(missing_ok=True)
