"""Connectionist temporal classification (CTC): minimum number of frames, loss, and best-path decoding.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber: Connectionist Temporal Classification. ICML 2006.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

BLANK = 0
"""Index of the CTC blank."""


def frames_needed(labels: Sequence[int] | np.ndarray) -> int:
    """Return the fewest frames for a transcript: one per character, and a blank between two equal characters.

    Args:
        labels: (characters,) token indices.

    >>> frames_needed([1, 2, 2, 3])
    5
    """
    labels = np.asarray(labels)
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


def ctc_loss(logits: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean over clips of the negative log-probability per character.

    Same as transformers' CTC models with `ctc_loss_reduction="mean"`, but without padded frames.

    Args:
        logits: (batch, frames, vocabulary).
        mask: (batch, frames), False on padding.
        labels: (batch, characters), negative after the end of a transcript, which must fit into the frames.
    """
    frames, characters = mask.sum(dim=1), (labels >= 0).sum(dim=1)
    probabilities = functional.log_softmax(logits, dim=-1, dtype=torch.float32).transpose(0, 1)
    targets = labels.clamp(min=0)
    if torch.are_deterministic_algorithms_enabled():  # the backward pass on CUDA is not deterministic
        probabilities, targets, frames, characters = (
            tensor.cpu() for tensor in (probabilities, targets, frames, characters)
        )
    loss = functional.ctc_loss(probabilities, targets, frames, characters, BLANK, "mean")
    return loss.to(logits.device)


def best_path(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the best path of CTC: the most likely token of each frame, without repetitions and blanks.

    Args:
        logits: (batch, frames, vocabulary).
        mask: (batch, frames), False on padding.

    Returns:
        (batch, frames) token indices, padded with blanks.
    """
    path = logits.argmax(dim=-1).masked_fill(~mask, BLANK)
    repeated = functional.pad(path[:, 1:] == path[:, :-1], (1, 0))
    path = path.masked_fill(repeated, BLANK)
    order = (path == BLANK).to(torch.int8).argsort(dim=1, stable=True)
    return path.gather(1, order)
