"""What is frozen for good, from the waveform upwards: computed once for each clip, or in every batch.

The part is the front end of the encoder, which is never trained, or all that is below the first trained part of the
network. It works as in evaluation: without gradient, dropout, LayerDrop and SpecAugment.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final, Protocol

import torch

from ser.models.encoder import SpeechEncoder
from ser.models.freezing import require_layers
from ser.models.layers import require_layer
from ser.models.loading import MASK_TOKEN
from ser.models.pooling import Pooling, build_pooling
from ser.settings.network import (
    FirstLayers,
    FreezingSettings,
    LayersSettings,
    OneLayer,
    PoolingSettings,
    freezes_layers,
)

NOT_ARITHMETIC: Final = ("_name_or_path", "transformers_version", "dtype", "architectures")
"""Options of a configuration that change no state."""


class FrozenPart(Protocol):
    """What every frozen part has.

    Attributes:
        name: what its output is called, for messages.
        clip_shape: shape of its output for one clip, without the frames.
        rounded: its output may be stored in half precision.
        encoder: the encoder that it is a part of.
        batch_size: clips in a batch on CUDA; elsewhere clips are computed one by one.
    """

    name: str
    clip_shape: tuple[int, ...]
    rounded: bool
    encoder: SpeechEncoder
    batch_size: int

    def __call__(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the output (batch, frames, *clip_shape) of waveforms (batch, samples), and (batch,) frames of each."""

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make."""

    def identity(self) -> list[Any]:
        """Return what determines the output of a clip: a hash of the weights, and other plain values."""


class Features:
    """The output of the front end, (batch, frames, channels).

    It is computed clip by clip, so that its bits do not depend on other clips.
    """

    name = "features"
    rounded = True
    batch_size = 1

    def __init__(self, encoder: SpeechEncoder) -> None:
        self.encoder = encoder
        self.clip_shape: tuple[int, ...] = (encoder.front_end.channels,)

    def __call__(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features of waveforms, and (batch,) frames of each."""
        return self.encoder.front_end(inputs, lengths)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make."""
        return self.encoder.front_end.frames(samples)

    def identity(self) -> list[Any]:
        """Return a hash of weights, shapes, norms and normalisation of the front end."""
        front_end = self.encoder.front_end
        return [_digest(json.dumps(front_end.description()), front_end.weights())]


class FrozenStates:
    """The states that enter the first trained part of a network, (batch, frames, states, width).

    With `freezing=first_layers` these are the states above the frozen layers, and of all frozen layers if a weighted
    sum of layers needs them. With `freezing=encoder` they are the states of the layers that are pooled. If the pooling
    is fixed, and the sum over layers can be taken after it, they are pooled, so that a clip has one frame: a fixed
    pooling of one frame is that frame.

    Args:
        encoder: the encoder.
        pooling: a fixed pooling, or None to keep all frames.
        states: numbers of the layers whose states are kept.
        last: number of layers to apply; None: all, and what is above them.
        whole: nothing of the encoder that the network needs is trained.
    """

    name = "states"
    batch_size = 64

    def __init__(
        self, encoder: SpeechEncoder, pooling: Pooling | None, states: list[int], last: int | None, whole: bool
    ) -> None:
        self.encoder = encoder
        self.pooling = pooling
        self.numbers = states
        self.last = last
        self.whole = whole
        self.clip_shape: tuple[int, ...] = (len(states), encoder.width)
        self.rounded = pooling is None

    @torch.no_grad()
    def __call__(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the states of waveforms, or of features of the front end, and (batch,) frames of each."""
        with _evaluating(self.encoder):
            if self.last is None and len(self.numbers) == 1:
                last, real = self.encoder(inputs, lengths)
                states = [last]
            else:
                every, real = self.encoder.states(inputs, lengths, self.last)
                states = [every[number] for number in self.numbers]
        if self.pooling is not None:
            pooled = [self.pooling(state, real)[:, None] for state in states]
            return torch.stack(pooled, dim=2), torch.ones_like(lengths)
        return torch.stack(states, dim=2), real.sum(dim=1)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make: one if they are pooled."""
        if self.pooling is not None:
            return torch.ones_like(samples)
        return self.encoder.body.frames(self.encoder.front_end.frames(samples))

    def identity(self) -> list[Any]:
        """Return a hash of the frozen weights, the configuration of the encoder, and what is kept of its states."""
        model, body = self.encoder.model, self.encoder.body
        above = [] if self.last is None else [*body.layers[self.last :], *body.above]
        trained = {id(weights) for module in above for weights in module.parameters()}
        trained.add(id(getattr(model, MASK_TOKEN, None)))  # nothing is masked
        weights = {name: value for name, value in model.named_parameters() if id(value) not in trained}
        config = {name: value for name, value in model.config.to_dict().items() if name not in NOT_ARITHMETIC}
        text = json.dumps(config | {"body": type(body).__name__}, sort_keys=True, default=str)
        pooling = type(self.pooling).__name__ if self.pooling else None
        digest = _digest(text, weights | dict(model.named_buffers()))
        attention = model.config._attn_implementation
        return [*Features(self.encoder).identity(), digest, attention, pooling, self.numbers, self.last]


def frozen_states(
    encoder: SpeechEncoder, pooling: PoolingSettings, layers: LayersSettings, freezing: FreezingSettings
) -> FrozenStates | None:
    """Return what is below the first trained part of a network; None if that is the front end alone.

    Raises:
        ConfigError: the encoder has fewer layers than the settings mean.
    """
    if not freezes_layers(freezing):
        return None
    highest = len(encoder.body.layers)
    require_layer(layers, highest)
    if isinstance(layers, OneLayer):
        highest = min(highest, max(layers.layer, 1))
    require_layers(freezing, highest)
    if isinstance(freezing, FirstLayers) and not (isinstance(layers, OneLayer) and layers.layer <= freezing.layers):
        first = 0 if layers.name.startswith("weighted") else freezing.layers
        return FrozenStates(encoder, None, [*range(first, freezing.layers + 1)], freezing.layers, False)
    fixed = _fixed(pooling, encoder.width)
    if isinstance(layers, OneLayer):
        last = None if layers.layer == len(encoder.body.layers) else highest
        return FrozenStates(encoder, fixed, [layers.layer], last, True)
    if layers.name == "last":
        return FrozenStates(encoder, fixed, [highest], None, True)
    if layers.name == "weighted_before_pooling" and not getattr(fixed, "linear", False):
        fixed = None
    return FrozenStates(encoder, fixed, [*range(highest + 1)], None, True)


def _fixed(chosen: PoolingSettings, width: int) -> Pooling | None:
    """Return the pooling if it learns nothing and returns a single frame as it is, else None."""
    fixed = chosen.name in chosen.kind.table and getattr(chosen.kind.find(chosen.name), "fixed", False)
    return build_pooling(chosen, width) if fixed else None


def _digest(text: str, weights: dict[str, torch.Tensor]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name, values in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(values.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _evaluating(encoder: SpeechEncoder) -> Iterator[None]:
    training = encoder.training and encoder.model.training
    if training:
        encoder.eval()
    try:
        yield
    finally:
        if training:
            encoder.train()
