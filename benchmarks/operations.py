"""Count floating-point operations: the least work that a training, a validation and a test pass can be done with.

Every weight of a matrix is used once a frame, by a multiplication and an addition: 2 operations forward and twice as
many backward, 6 in training. Attention among the frames of a clip and the convolutions come on top, and are counted
apart: the paper's setting has 3 % of the former, and the latter, frozen, need be computed but once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

FORWARD, TRAINING = 2, 6
FRAMES_PER_SECOND = 50
SAMPLE_RATE = 16000
CONVOLUTIONS = (((512,) * 7), (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2))
"""Channels, kernels and strides of all of wav2vec 2.0's."""


class Setting(NamedTuple):
    """Seconds of audio, and how often they are gone through."""

    training_s: float
    validation_s: float
    test_s: float
    clips: int
    """Of training."""
    batch: int = 16
    validate_every: int = 10

    @property
    def steps(self) -> int:
        """Optimiser steps of an epoch."""
        return -(-self.clips // self.batch)

    @property
    def validations(self) -> float:
        """Passes over the validation split in an epoch."""
        return self.steps / self.validate_every


PAPER = Setting(training_s=16_800, validation_s=4_200, test_s=1_381 * 3.81 + 588 * 3.12, clips=4_417)
"""Emozionalmente: 6902 clips of 3.81 s, 64 % to train on, 16 % to validate on, the rest and EMOVO to test on."""


def weights(architecture: Mapping[str, Any]) -> int:
    """Count the weights of the matrices in the transformer: 302e6 in the large models."""
    width, inner = architecture["hidden_size"], architecture["intermediate_size"]
    return architecture["num_hidden_layers"] * (4 * width**2 + 2 * width * inner)


def frames(seconds: float) -> float:
    """Return how many frames the convolutions make of so much audio, edges left out."""
    return seconds * FRAMES_PER_SECOND


def training(architecture: Mapping[str, Any], seconds: float) -> float:
    """Return the operations of training on so much audio once, forward and backward."""
    return TRAINING * weights(architecture) * frames(seconds)


def forward(architecture: Mapping[str, Any], seconds: float) -> float:
    """Return the operations of running so much audio through the transformer."""
    return FORWARD * weights(architecture) * frames(seconds)


def attention(architecture: Mapping[str, Any], seconds: float, clip_s: float) -> float:
    """Return the operations, forward, of attention among the frames of clips of a length: scores and their mixture."""
    per_frame = 2 * FORWARD * architecture["hidden_size"] * frames(clip_s)
    return architecture["num_hidden_layers"] * per_frame * frames(seconds)


def convolutions(seconds: float, sizes: tuple[Sequence[int], Sequence[int], Sequence[int]] = CONVOLUTIONS) -> float:
    """Return the operations, forward, of the convolutions."""
    rate, channels, total = SAMPLE_RATE * seconds, 1, 0.0
    for out, kernel, stride in zip(*sizes, strict=True):
        rate /= stride
        total += FORWARD * rate * channels * out * kernel
        channels = out
    return total
