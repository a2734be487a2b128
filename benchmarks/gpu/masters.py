"""Weights held in bf16, so that no step casts them, and AdamW on fp32 copies of them: the masters."""

from collections.abc import Iterable
from typing import Any

import torch


class MasterAdamW(torch.optim.AdamW):
    """AdamW on fp32 copies of weights, which are rounded into the weights after every step.

    Args:
        weights: that are trained, in any precision.
        options: of AdamW.
    """

    def __init__(self, weights: Iterable[torch.nn.Parameter], **options: Any) -> None:
        self.weights = list(weights)
        self.masters = [weight.detach().float().clone() for weight in self.weights]
        super().__init__(self.masters, **options)

    def take_gradients(self) -> None:
        """Give the masters the gradients of the weights, in fp32; called before gradients are clipped."""
        for master, weight in zip(self.masters, self.weights, strict=True):
            master.grad = None if weight.grad is None else weight.grad.float()

    def step(self, closure: Any = None) -> Any:
        """Update the masters and round them into the weights.

        Args:
            closure: computes the gradients and calls `take_gradients`.
        """
        loss = super().step(closure)
        with torch.no_grad():
            torch._foreach_copy_(self.weights, self.masters)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of weights and masters."""
        for weight in (*self.weights, *self.masters):
            weight.grad = None
