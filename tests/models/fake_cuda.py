"""A CUDA device that is not there: PyTorch's FakeTensor traces every operation, and each host wait is listed."""

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torchmetrics import Metric

CUDA = torch.device("cuda", 0)
READS = ("_local_scalar_dense", "nonzero", "masked_select", "_unique", "unique_", "equal", "bincount", "argwhere")
"""Operations whose result the CPU must have before it can go on: values, and shapes that depend on values."""


class HostWaits(TorchDispatchMode):
    """Lists the operations at which the CPU waits for the device.

    These are reading a value, operations whose result's shape depends on values (boolean indices among them), and
    copies between CPU and GPU that block.

    Args:
        device: the type of device whose tensors count.
    """

    def __init__(self, device: str = "cuda") -> None:
        super().__init__()
        self.device = device
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        inputs = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        reads = name.startswith(READS) or (name.startswith("index") and _depends_on_values(name, inputs))
        if reads and any(tensor.device.type == self.device for tensor in inputs):
            self.found.append(name)
        if name == "_local_scalar_dense":  # a fake tensor has no value: any will do, LayerDrop keeps its layers
            return False if inputs[0].dtype == torch.bool else 0
        result = func(*args, **kwargs)
        if name in ("_to_copy", "copy_"):
            ends = {leaf.device.type for leaf in (*inputs, *tree_leaves(result)) if isinstance(leaf, torch.Tensor)}
            blocking = not (kwargs.get("non_blocking") or (name == "copy_" and args[2:] and args[2]))
            if ends == {"cpu", "cuda"} and blocking:
                self.found.append(f"{name} between CPU and GPU")
        return result


def _depends_on_values(name: str, inputs: list[torch.Tensor]) -> bool:
    """Say whether an index is boolean; setting such places to one value is a masked fill, which waits for nothing."""
    boolean = any(tensor.dtype == torch.bool for tensor in inputs[1:])
    return boolean and not (name.startswith("index_put") and inputs[-1].numel() == 1)


@contextlib.contextmanager
def fake_cuda(module: nn.Module) -> Iterator[tuple[Any, HostWaits]]:
    """Give a copy of a module on a fake GPU that has bf16, and the list of host waits; new tensors are fake too."""
    mode = FakeTensorMode()
    with FakeCopyMode(mode):
        module = copy.deepcopy(module)
    waits = HostWaits()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
        patched.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
        with mode:
            _to_cuda(module)
            with waits:
                yield module, waits


def _to_cuda(module: nn.Module) -> None:
    """Move the weights and buffers of a fake module, which `Module.to` cannot."""
    for part in module.modules():
        for name, weights in part._parameters.items():
            if weights is not None:
                part._parameters[name] = nn.Parameter(weights.detach().to(CUDA), requires_grad=weights.requires_grad)
        for name, buffer in part._buffers.items():
            if buffer is not None:
                part._buffers[name] = buffer.to(CUDA)
        if isinstance(part, Metric):  # whose states are neither
            for state in part._defaults:
                setattr(part, state, getattr(part, state).to(CUDA))
