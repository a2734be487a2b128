"""The device that a process trains on, and the arithmetic that it does there.

Both are settled before anything is computed: features must not be made with other arithmetic than the training, and a
device that is missing must not be noticed after an hour on the CPU.
"""

import contextlib
import functools
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from filelock import FileLock, Timeout

from ser.errors import ConfigError, UserError
from ser.settings import NumericsSettings, TrainerSettings

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]
"""Lightning's names: single precision; autocast to bfloat16; autocast to float16 with a gradient scaler."""

EVALUATION_BATCH_SIZE = {"cuda": 128}
"""Clips in a batch without gradients, by type of device, where `trainer.evaluation_batch_size` leaves it open."""
EVALUATION_BATCH_SIZE_ELSEWHERE = 32

PROCESSES_PER_GPU = 64
"""The most claims that are counted on one GPU."""

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

OUT_OF_MEMORY = ("out of memory", "STATUS_ALLOC_FAILED", "DefaultCPUAllocator")
"""In the messages of CUDA's and MPS's allocators, of the driver, of cuBLAS and cuDNN, and of the CPU's allocator."""

log = logging.getLogger(__name__)

_claims: list[FileLock] = []


class Hardware(NamedTuple):
    """What a training computes with.

    Attributes:
        device: one device.
        precision: of the training; never `auto`.
    """

    device: torch.device
    precision: Precision

    @property
    def name(self) -> str:
        """The model of the GPU, or the type of another device."""
        return torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type

    def evaluation_batch_size(self, trainer: TrainerSettings) -> int:
        """Return how many clips are in a batch without gradients."""
        default = EVALUATION_BATCH_SIZE.get(self.device.type, EVALUATION_BATCH_SIZE_ELSEWHERE)
        return trainer.evaluation_batch_size or default

    def __str__(self) -> str:
        return f"{self.name}, {self.precision}"


def set_up(trainer: TrainerSettings, numerics: NumericsSettings) -> Hardware:
    """Choose the device, set PyTorch's arithmetic and threads, and return what the training computes with.

    A GPU is claimed until the process ends: a second call of the same process returns the same one.

    Raises:
        ConfigError: the accelerator is missing, or does not have the precision.
    """
    device = choose_device(trainer.accelerator)
    hardware = Hardware(device, choose_precision(numerics.precision, device))
    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    set_arithmetic(numerics)
    log.info("computing on %s", hardware)
    return hardware


def set_arithmetic(numerics: NumericsSettings) -> None:
    """Set how PyTorch computes: TF32 or single precision in matrix products and convolutions, and determinism.

    Matrix products are set by `set_float32_matmul_precision`, which Lightning reads when it starts on CUDA: after
    `torch.backends.cuda.matmul.fp32_precision` alone that reading is an error.
    """
    torch.set_float32_matmul_precision("high" if numerics.tf32 else "highest")
    torch.backends.cudnn.conv.fp32_precision = "tf32" if numerics.tf32 else "ieee"  # type: ignore[attr-defined]
    # read once, at the first matrix product of the process: cells that follow may be deterministic
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(numerics.deterministic)


@contextlib.contextmanager
def memory_errors(remedy: str) -> Iterator[None]:
    """Say what to change where a device has too little memory.

    Args:
        remedy: what takes less memory.

    Raises:
        UserError: in place of what PyTorch raises on a GPU, and on the CPU.
    """
    try:
        yield
    except RuntimeError as error:
        if not any(sign in str(error) for sign in OUT_OF_MEMORY):
            raise
        raise UserError(f"out of memory: {str(error).splitlines()[0]} To need less, {remedy}") from error


@functools.cache
def choose_device(accelerator: str) -> torch.device:
    """Return the device that `trainer.accelerator` names; of several GPUs the one that fewest processes have claimed.

    `auto` takes CUDA, then Apple's MPS, then the CPU, and warns where it passes over an NVIDIA GPU.

    Raises:
        ConfigError: there is no such device.
    """
    kind, problem = require_accelerator(accelerator)
    if kind == "cuda":
        return torch.device("cuda", claim(gpu_names(), Path(tempfile.gettempdir())))
    if kind == "cpu" and problem:
        log.warning("training on the CPU: the GPU of this machine cannot be used (%s)", problem)
    return torch.device(kind)


def require_accelerator(accelerator: str) -> tuple[str, str | None]:
    """Return the type of the device that `trainer.accelerator` names, and why CUDA cannot be used; nothing is claimed.

    Raises:
        ConfigError: there is no such device.
    """
    available, problem = _cuda() if accelerator in ("auto", "gpu", "cuda") else (False, None)
    if available:
        return "cuda", None
    if accelerator in ("auto", "gpu", "mps") and torch.backends.mps.is_available():
        return "mps", problem
    if accelerator not in ("auto", "cpu"):
        raise ConfigError(
            f"trainer.accelerator={accelerator}: there is no such device{f' ({problem})' if problem else ''};"
            " set trainer=cpu to train on the CPU"
        )
    return "cpu", problem


def require_arithmetic(trainer: TrainerSettings, numerics: NumericsSettings) -> None:
    """Refuse an accelerator that is missing, and a precision that the CPU does not have; no GPU is touched.

    Raises:
        ConfigError: it is one of the two.
    """
    kind, _ = require_accelerator(trainer.accelerator)
    if kind == "cpu":
        choose_precision(numerics.precision, torch.device(kind))


def choose_precision(requested: str, device: torch.device) -> Precision:
    """Return the precision on a device: `auto` is the fastest that the hardware has, without emulation.

    On CUDA that is bf16 from compute capability 8.0 on, fp16 from 7.0 on (V100, T4), and single precision before;
    elsewhere single precision.

    Raises:
        ConfigError: the device does not have the precision that was asked for.
    """
    if requested == "16-mixed" and device.type == "cpu":
        raise ConfigError("numerics.precision=16-mixed needs a GPU; the CPU has 32-true and bf16-mixed")
    if requested != "auto":
        return requested  # type: ignore[return-value]
    if device.type != "cuda":
        return "32-true"
    with torch.cuda.device(device):
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16-mixed"
    precision: Precision = "16-mixed" if torch.cuda.get_device_capability(device) >= (7, 0) else "32-true"
    log.warning("%s has no bf16: numerics.precision=auto is %s", torch.cuda.get_device_name(device), precision)
    return precision


def gpu_names() -> list[str]:
    """Return a name for each visible GPU that is the same in every process, however CUDA_VISIBLE_DEVICES names it."""
    return [str(torch.cuda.get_device_properties(index).uuid) for index in range(torch.cuda.device_count())]


def claim(gpus: list[str], folder: Path) -> int:
    """Claim one of the GPUs until this process ends, and return its index.

    The first that no process has claimed; when all are, the first that one process has claimed, and so on, so that
    processes are spread evenly.

    Args:
        gpus: their names.
        folder: of the locks, common to all processes of the machine.
    """
    for taken in range(PROCESSES_PER_GPU):
        for index, name in enumerate(gpus):
            lock = FileLock(folder / f"ser-gpu-{name}-{taken}.lock", mode=0o666)  # of all users
            try:
                lock.acquire(timeout=0)
            except (Timeout, PermissionError):
                continue
            _claims.append(lock)
            return index
    return os.getpid() % len(gpus)


def _cuda() -> tuple[bool, str | None]:
    """Return whether CUDA can be used, and why not where this machine has an NVIDIA driver."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        available = torch.cuda.is_available() and torch.cuda.device_count() > 0
    if available:
        return True, None
    if caught:
        return False, str(caught[0].message).splitlines()[0]
    if not NVIDIA_DRIVER.exists():
        return False, None
    if torch.version.cuda is None:
        return False, f"PyTorch {torch.__version__} was built without CUDA"
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        return False, f"CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']} shows none"
    return False, "its driver finds no GPU"
