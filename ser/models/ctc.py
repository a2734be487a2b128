"""Connectionist temporal classification: how many frames a transcript needs, its loss, and what frames spell.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber: Connectionist Temporal Classification. ICML 2006.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

BLANK = 0
"""The index that stands for no character."""


def frames_needed(labels: Sequence[int] | np.ndarray) -> int:
    """Return the fewest frames that can spell a transcript: one a character, and a blank between two equal ones.

    Args:
        labels: (characters,) indices of the vocabulary.

    >>> frames_needed([1, 2, 2, 3])
    5
    """
    labels = np.asarray(labels)
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


def ctc_loss(logits: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean over clips of the negative log-probability of the transcript, each over its own characters.

    The same as transformers' CTC models have with `ctc_loss_reduction="mean"`, over real frames alone.

    Args:
        logits: (batch, frames, vocabulary).
        mask: (batch, frames), True on real frames.
        labels: (batch, characters), negative after the end of a transcript; none may need more frames than there are.
    """
    frames, characters = mask.sum(dim=1), (labels >= 0).sum(dim=1)
    probabilities = functional.log_softmax(logits, dim=-1, dtype=torch.float32).transpose(0, 1)
    targets = labels.clamp(min=0)
    if torch.are_deterministic_algorithms_enabled():  # CUDA's way back adds up in any order
        probabilities, targets, frames, characters = (
            tensor.cpu() for tensor in (probabilities, targets, frames, characters)
        )
    loss = functional.ctc_loss(probabilities, targets, frames, characters, BLANK, "mean")
    return loss.to(logits.device)


def best_path(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return what the likeliest character of each frame spells: repetitions and blanks left out.

    Args:
        logits: (batch, frames, vocabulary).
        mask: (batch, frames), True on real frames.

    Returns:
        (batch, frames) indices of the vocabulary, with blanks after the last.
    """
    path = logits.argmax(dim=-1).masked_fill(~mask, BLANK)
    repeated = functional.pad(path[:, 1:] == path[:, :-1], (1, 0))
    path = path.masked_fill(repeated, BLANK)
    order = (path == BLANK).to(torch.int8).argsort(dim=1, stable=True)
    return path.gather(1, order)
