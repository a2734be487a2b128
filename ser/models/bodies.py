"""From features to hidden states: the half of an encoder that is trained, and how it keeps padding out."""

import contextlib
from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import create_bidirectional_mask

from ser.models.masking import spec_augment
from ser.models.padding import length_mask
from ser.models.temporary import Returns, replaced, silent


class Body(Protocol):
    """What every body has.

    Attributes:
        layers: one above the other.
        above: what is applied to the states of the last of them.
        beneath: all that is applied before the first of them.
        convolutions: what is frozen with the front end.
        in_evaluation: what works as in evaluation in training too. Batch norm does: its statistics in training are
            those of the batch, so that the states of a clip would depend on the clips and the padding beside it.
    """

    layers: nn.ModuleList
    above: list[nn.Module]
    beneath: list[nn.Module]
    convolutions: list[nn.Module]
    in_evaluation: list[nn.Module]

    def frames(self, frames: torch.Tensor) -> torch.Tensor:
        """Return how many frames of hidden states so many frames of features make."""

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the input of `transform`, (batch, frames, width), and (batch,) frames of each clip.

        Args:
            features: (batch, frames, channels) of the front end; anything where padded.
            frames: (batch,) of each clip.
            masks: whether stretches are masked, as the checkpoint's configuration says (SpecAugment).
        """

    def transform(
        self, hidden: torch.Tensor, real: torch.Tensor, first: int = 0, last: int | None = None
    ) -> torch.Tensor:
        """Return the hidden states (batch, frames, width) above the layers `first` to `last`, exclusive.

        Args:
            hidden: what `embed` returns; if `first` is not 0, the states above so many layers, as `per_frame` returns
                them.
            real: (batch, frames), True on real frames.
            first: number of layers that have been applied.
            last: number of layers that are applied in the end; None: all, and what is above them.
        """

    def per_frame(self, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return the states of a layer, whose frames may be longer, for each frame of `transform`."""

    def contexts(self) -> tuple[contextlib.AbstractContextManager, contextlib.AbstractContextManager]:
        """Return the contexts of a layer in `transform` and when it is computed again for its gradients.

        They are the `context_fn` of `torch.utils.checkpoint`.
        """


class Transformer:
    """wav2vec 2.0 and its kin: a projection of the features, convolutional positions and a transformer."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.encoder: nn.Module = model.encoder  # type: ignore[assignment]
        self.layers: nn.ModuleList = self.encoder.layers  # type: ignore[assignment]
        self.above = self._above()
        self.convolutions = [module for name, module in model.named_children() if name == "feature_extractor"]
        parts = [*model.children(), *self.encoder.children()]
        self.beneath = [part for part in parts if part not in (self.encoder, self.layers, *self.above)]
        self.in_evaluation: list[nn.Module] = [*filter(_is_batch_norm, self.encoder.modules())]

    def frames(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the frames: there are as many of hidden states."""
        return frames

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Project the features; masked stretches get the checkpoint's own filler."""
        hidden = self._project(features)
        filler = getattr(self.model, "masked_spec_embed", hidden.new_zeros(()))
        return spec_augment(hidden, frames, self.model.config, filler) if masks else hidden, frames

    def transform(
        self, hidden: torch.Tensor, real: torch.Tensor, first: int = 0, last: int | None = None
    ) -> torch.Tensor:
        """Apply the layers; padding is masked in attention and in convolutions."""
        if first == len(self.layers):
            return self._apply_above(hidden, real)
        others: dict[str, nn.Module] = {"layers": self.layers[first:last]} if first or last is not None else {}
        if first:  # transformers' forward calls its dropout directly before the first layer
            others |= {"pos_conv_embed": Returns(hidden.new_zeros(())), "dropout": Returns(hidden)}
            hidden = torch.zeros_like(hidden)
        with silent(self._before_convolutions(), real), replaced(self.encoder, others):
            return self.encoder(hidden, attention_mask=real).last_hidden_state

    def per_frame(self, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return the states: every layer has the same frames."""
        return states

    def contexts(self) -> tuple[contextlib.AbstractContextManager, contextlib.AbstractContextManager]:
        """Return contexts without effect: a layer gets all that it needs as arguments."""
        return contextlib.nullcontext(), contextlib.nullcontext()

    def _above(self) -> list[nn.Module]:
        stable = getattr(self.model.config, "do_stable_layer_norm", False)
        return [self.encoder.layer_norm] if stable else []  # type: ignore[list-item]

    def _apply_above(self, hidden: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        for module in self.above:
            hidden = module(hidden)
        return hidden

    def _project(self, features: torch.Tensor) -> torch.Tensor:
        hidden = self.model.feature_projection(features)  # type: ignore[operator]
        return hidden[0] if isinstance(hidden, tuple) else hidden

    def _before_convolutions(self) -> list[nn.Module]:
        """List what is not zero on padding and is convolved over time: data2vec's positions are five convolutions."""
        convolutions = getattr(self.encoder.pos_conv_embed, "layers", [])
        return [*convolutions, *self.in_evaluation]


class Biased(Transformer):
    """WavLM: the first layer that is applied computes the position biases of all, from an embedding of layer 0.

    Every layer gets a reference to this embedding, outside its own parameters.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        first, *others = (layer.attention for layer in self.layers)
        for attention in others:
            object.__setattr__(attention, "rel_attn_embed", first.rel_attn_embed)  # type: ignore[union-attr]


class Conformer(Transformer):
    """wav2vec2-conformer: a convolution over time in every layer, and a norm above the last.

    Its checkpoints hold convolutional positions as well, which nothing computes.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self.encoder.pos_conv_embed.requires_grad_(False)

    def transform(
        self, hidden: torch.Tensor, real: torch.Tensor, first: int = 0, last: int | None = None
    ) -> torch.Tensor:
        """Apply the layers; padding is masked in attention and in convolutions."""
        self._real = real
        return super().transform(hidden, real, first, last)

    def contexts(self) -> tuple[contextlib.AbstractContextManager, contextlib.AbstractContextManager]:
        """Return contexts that keep padding out of the convolutions of a layer when it is computed again."""
        return contextlib.nullcontext(), silent(self._before_convolutions(), self._real)

    def _above(self) -> list[nn.Module]:
        return [self.encoder.layer_norm]  # type: ignore[list-item]

    def _before_convolutions(self) -> list[nn.Module]:
        return [layer.conv_module.glu for layer in self.layers]  # type: ignore[union-attr, misc]


class MaskedConformer(Transformer):
    """w2v-BERT: its convolutions are causal, and mask padding themselves."""

    def _before_convolutions(self) -> list[nn.Module]:
        return []


class Whisper:
    """Whisper's encoder on clips that are shorter than 30 s.

    transformers' own forward takes 30 s, padded with silence that is attended to like speech. Here the clip takes the
    first of the positions, which are sinusoids, and nothing else is attended to: padding in a batch is zeroed before
    each convolution and masked in attention. Hidden states differ from those of the padded clip.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.layers: nn.ModuleList = model.layers  # type: ignore[assignment]
        self.above: list[nn.Module] = [model.layer_norm]  # type: ignore[list-item]
        self.convolutions: list[nn.Module] = [model.conv1, model.conv2]  # type: ignore[list-item]
        model.embed_positions.requires_grad_(False)  # as transformers leaves it, but not where it loads weights
        self.beneath = [part for part in model.children() if part not in (self.layers, *self.above)]
        self.in_evaluation: list[nn.Module] = []

    def frames(self, frames: torch.Tensor) -> torch.Tensor:
        """Return half as many frames, rounded up."""
        return torch.div(frames - 1, 2, rounding_mode="floor") + 1

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Convolve the spectrogram to half as many frames, and add positions; masked stretches are zero."""
        model = self.model
        if masks:
            features = spec_augment(features, frames, model.config, features.new_zeros(()))
        real = length_mask(features.shape[1], frames)[:, None]
        hidden = functional.gelu(model.conv1(features.transpose(1, 2) * real))  # type: ignore[operator]
        hidden = functional.gelu(model.conv2(hidden * real)).transpose(1, 2)  # type: ignore[operator]
        hidden = hidden + model.embed_positions.weight[: hidden.shape[1]]  # type: ignore[union-attr, index]
        hidden = functional.dropout(hidden, model.config.dropout, model.training)
        return hidden, self.frames(frames)

    def transform(
        self, hidden: torch.Tensor, real: torch.Tensor, first: int = 0, last: int | None = None
    ) -> torch.Tensor:
        """Apply the layers."""
        config = self.model.config
        layer_drop = config.encoder_layerdrop if self.layers.training else 0
        hidden = apply(self.layers[first:last], hidden, real, config, layer_drop)
        return self.model.layer_norm(hidden)  # type: ignore[operator]

    def per_frame(self, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return the states: every layer has the same frames."""
        return states

    def contexts(self) -> tuple[contextlib.AbstractContextManager, contextlib.AbstractContextManager]:
        """Return contexts without effect: a layer gets all that it needs as arguments."""
        return contextlib.nullcontext(), contextlib.nullcontext()


def apply(
    layers: Iterable[nn.Module], hidden: torch.Tensor, real: torch.Tensor, config: Any, layer_drop: float
) -> torch.Tensor:
    """Return (batch, frames, width) above the last layer; some are left out (LayerDrop).

    Args:
        layers: (hidden, mask) -> hidden.
        hidden: (batch, frames, width).
        real: (batch, frames), True on real frames.
        config: of the encoder.
        layer_drop: the probability of a layer to be left out; 0 in evaluation.
    """
    mask = create_bidirectional_mask(config=config, inputs_embeds=hidden, attention_mask=real)
    for layer in layers:
        if not (layer_drop > 0 and torch.rand([]) < layer_drop):
            hidden = layer(hidden, mask)
    return hidden


def _is_batch_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm1d)
