"""Losses of emotions, (logits, labels) -> scalar; torch is imported when one is made, not to check a configuration.

Labels are class indices (batch,), or with `task.labels=soft` the share of every emotion (batch, emotions), as
`torch.nn.CrossEntropyLoss` takes both.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from ser.errors import ConfigError
from ser.numbers import NonNegative, Share

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn

    from ser.settings.network import LossSettings


def build_loss(chosen: "LossSettings", class_counts: "np.ndarray") -> "nn.Module":
    """Return the loss that the settings choose.

    Args:
        chosen: a loss, and its keys.
        class_counts: (emotions,) clips of each emotion that are trained on, for soft labels the sums of its shares; for
            losses that have such a parameter.

    Raises:
        ConfigError: it is no module of torch.
    """
    from torch import nn

    made = chosen.make(class_counts=class_counts)
    if not isinstance(made, nn.Module):
        raise ConfigError(
            f"loss.name={chosen.name}: a {type(made).__name__} is no loss; derive it from torch.nn.Module"
        )
    return made


def _one_of_two(focusing: float, info: ValidationInfo) -> float:
    if focusing and info.data.get("smoothing"):
        raise ValueError("smoothing and focusing are two losses: one of them is 0")
    return focusing


def weighted_cross_entropy(
    *,
    class_counts: "np.ndarray",
    class_weights: Literal["inverse_frequency", "none"],
    smoothing: Share,
    focusing: Annotated[NonNegative, Field(le=100), AfterValidator(_one_of_two)],
) -> "nn.Module":
    """Return cross-entropy, with class weights, label smoothing or focusing.

    Args:
        class_counts: (emotions,) clips of each emotion that are trained on, or sums of its shares.
        class_weights: by inverse frequency, or all the same.
        smoothing: share of the truth that is spread over all emotions.
        focusing: gamma of the focal loss; 0 is none.
    """
    from torch import nn

    from ser.models.focal import FocalLoss

    weights = balanced_class_weights(class_counts) if class_weights == "inverse_frequency" else None
    if focusing:
        return FocalLoss(weights, focusing)
    return nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)


def total_weight(loss: "nn.Module", labels: "torch.Tensor") -> "torch.Tensor | int":
    """Return the sum of the weights of the clips of a batch, whose losses the loss is the weighted mean of.

    With it the loss of a batch is the sum over its parts of (weight of the part / weight of the batch) x loss of the
    part. Class indices have the weights of their classes, as in `torch.nn.CrossEntropyLoss`; else a clip counts 1.

    Args:
        loss: one of `ser.settings.network.LOSSES`, or a mean of squares.
        labels: (batch,) class indices, (batch, emotions) shares or (batch, dimensions) values.
    """
    weight = getattr(loss, "weight", None)
    return len(labels) if weight is None or labels.is_floating_point() else weight[labels].sum()


def balanced_class_weights(counts: "np.ndarray") -> "torch.Tensor":
    """Return class weights by inverse frequency, 1 on average over clips: clips / (classes x clips of the class).

    The same as scikit-learn's `class_weight="balanced"`; a class without clips gets weight 0.
    """
    import numpy as np
    import torch

    counts = np.asarray(counts, dtype=float)
    weights = np.divide(counts.sum(), len(counts) * counts, out=np.zeros_like(counts), where=counts > 0)
    return torch.tensor(weights, dtype=torch.float32)
