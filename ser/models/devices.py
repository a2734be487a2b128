"""Which GPU a process trains on: the first that no other process of this machine has claimed."""

import functools
import os
import tempfile
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from ser.settings import TrainerSettings

_claims: list[FileLock] = []


def cuda(place: TrainerSettings) -> bool:
    """Say whether a cell runs on CUDA."""
    return place.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def devices(place: TrainerSettings) -> list[int] | int:
    """Return Lightning's `devices`: one; on a machine with several GPUs, one that is free."""
    gpus = torch.cuda.device_count() if cuda(place) else 0
    return [claim(gpus, Path(tempfile.gettempdir()))] if gpus > 1 else 1


def device(place: TrainerSettings) -> torch.device:
    """Return the device that `devices` means, for what is computed before Lightning begins."""
    chosen = devices(place)
    return torch.device("cuda", chosen[0] if isinstance(chosen, list) else 0) if cuda(place) else torch.device("cpu")


@functools.cache
def claim(gpus: int, folder: Path) -> int:
    """Claim one of several GPUs until this process ends.

    Processes beyond the number of GPUs share them evenly by their process number.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    for index in range(gpus):
        name = visible[index] if len(visible) == gpus else index
        lock = FileLock(folder / f"ser-gpu-{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        _claims.append(lock)
        return index
    return os.getpid() % gpus
