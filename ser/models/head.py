"""From the pooled clip to the logits."""

from torch import nn

from ser.models.normalisation import BatchNorm
from ser.settings.network import HeadSettings


def build_head(wanted: HeadSettings, width: int, outputs: int) -> nn.Sequential:
    """Return batch norm, ReLU, dropout, a hidden layer with both, and a linear layer: the first and last, if no more.

    Args:
        wanted: what there is of it.
        width: of the pooled clip.
        outputs: how many logits there are.
    """
    dropout = [nn.Dropout(wanted.dropout)] if wanted.dropout else []
    parts: list[nn.Module] = [BatchNorm(width)] if wanted.batch_norm else []
    parts += [nn.ReLU(), *dropout]
    if wanted.hidden_width is not None:
        parts += [nn.Linear(width, wanted.hidden_width), nn.ReLU(), *dropout]
        width = wanted.hidden_width
    return nn.Sequential(*parts, nn.Linear(width, outputs))
