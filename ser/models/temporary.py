"""Changes of modules that last for one call."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import nn


@contextlib.contextmanager
def silent(modules: Iterable[nn.Module], real: torch.Tensor) -> Iterator[None]:
    """Zero the padding in what modules return, (batch, channels, frames)."""

    def zero(module: nn.Module, arguments: tuple, output: torch.Tensor) -> torch.Tensor:
        return output * real[:, None]

    hooks = [module.register_forward_hook(zero) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class Returns(nn.Module):
    """Returns one value, whatever it is called with."""

    def __init__(self, value: torch.Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return the value."""
        return self.value


@contextlib.contextmanager
def replaced(module: nn.Module, replaced: Mapping[str, nn.Module]) -> Iterator[None]:
    """Replace children of a module for a time, those that it has."""
    kept = {name: child for name, child in module.named_children() if name in replaced}
    try:
        module._modules.update({name: replaced[name] for name in kept})
        yield
    finally:
        module._modules.update(kept)
