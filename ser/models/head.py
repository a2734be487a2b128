"""From the pooled clip to the logits."""

from torch import nn

from ser.models.normalisation import BatchNorm
from ser.settings.network import HeadSettings


def build_head(chosen: HeadSettings, width: int, outputs: int) -> nn.Sequential:
    """Return batch norm, ReLU, dropout, a hidden layer with both, and a linear layer: the first and last, if no more.

    Args:
        chosen: which of them there are.
        width: of the pooled clip.
        outputs: how many logits there are.
    """
    dropout = [nn.Dropout(chosen.dropout)] if chosen.dropout else []
    parts: list[nn.Module] = [BatchNorm(width)] if chosen.batch_norm else []
    parts += [nn.ReLU(), *dropout]
    if chosen.hidden_width is not None:
        parts += [nn.Linear(width, chosen.hidden_width), nn.ReLU(), *dropout]
        width = chosen.hidden_width
    return nn.Sequential(*parts, nn.Linear(width, outputs))
