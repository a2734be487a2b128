"""From features to hidden states: the half of an encoder that is trained, and how it keeps padding out."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.masking_utils import create_bidirectional_mask

from ser.models.masking import spec_augment
from ser.models.padding import positions


class Body(Protocol):
    """What every body has.

    Attributes:
        layers: one above the other.
        last_norm: what is applied above the last of them, where there is such a thing.
        convolutions: what is frozen with the front end.
        beneath: all that lies below the layers.
    """

    layers: nn.ModuleList
    last_norm: nn.Module | None
    convolutions: list[nn.Module]
    beneath: list[nn.Module]

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what enters the layers, (batch, frames, width), and (batch,) frames of each clip.

        Args:
            features: (batch, frames, channels) of the front end; anything where padded.
            frames: (batch,) of each clip.
            masks: whether stretches are masked, as the checkpoint's configuration says (SpecAugment).
        """

    def transform(self, hidden: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return the last hidden states (batch, frames, width); `real`, (batch, frames), is True on real frames."""


class Projected:
    """wav2vec 2.0 and its kin, and w2v-BERT: a projection of the features, and a transformer or conformer."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.encoder: nn.Module = model.encoder  # type: ignore[assignment]
        self.layers: nn.ModuleList = self.encoder.layers  # type: ignore[assignment]
        stable = getattr(model.config, "do_stable_layer_norm", False)
        self.last_norm: nn.Module | None = self.encoder.layer_norm if stable else None  # type: ignore[assignment]
        self.convolutions = [module for name, module in model.named_children() if name == "feature_extractor"]
        parts = [*model.children(), *self.encoder.children()]
        self.beneath = [part for part in parts if part not in (self.encoder, self.layers, self.last_norm)]

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Project the features; masked stretches get the checkpoint's own filler."""
        hidden = self.model.feature_projection(features)  # type: ignore[operator]
        hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        filler = getattr(self.model, "masked_spec_embed", hidden.new_zeros(()))
        return spec_augment(hidden, frames, self.model.config, filler) if masks else hidden, frames

    def transform(self, hidden: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Apply the layers; padding is masked in attention and in convolutions."""
        positional = getattr(getattr(self.encoder, "pos_conv_embed", None), "layers", [])
        with _silent(positional, real):
            return self.encoder(hidden, attention_mask=real).last_hidden_state


class Whisper:
    """Whisper's encoder on clips that are shorter than 30 s.

    transformers' own forward wants 30 s, padded with silence that is attended to like speech. Here the clip takes the
    first of the positions, which are sinusoids, and nothing else is there to attend to: padding in a batch is zeroed
    before each convolution and masked in attention. Hidden states differ from those of the padded clip.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.layers: nn.ModuleList = model.layers  # type: ignore[assignment]
        self.last_norm: nn.Module | None = model.layer_norm  # type: ignore[assignment]
        self.convolutions: list[nn.Module] = [model.conv1, model.conv2]  # type: ignore[list-item]
        model.embed_positions.requires_grad_(False)  # as transformers leaves it, but not where it loads weights
        self.beneath = [part for part in model.children() if part not in (self.layers, self.last_norm)]

    def embed(self, features: torch.Tensor, frames: torch.Tensor, masks: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Convolve the spectrogram to half as many frames, and add positions; masked stretches are zero."""
        model = self.model
        if masks:
            features = spec_augment(features, frames, model.config, features.new_zeros(()))
        real = positions(features.shape[1], frames)[:, None]
        hidden = functional.gelu(model.conv1(features.transpose(1, 2) * real))  # type: ignore[operator]
        hidden = functional.gelu(model.conv2(hidden * real)).transpose(1, 2)  # type: ignore[operator]
        hidden = hidden + model.embed_positions.weight[: hidden.shape[1]]  # type: ignore[union-attr, index]
        hidden = functional.dropout(hidden, model.config.dropout, model.training)
        return hidden, torch.div(frames - 1, 2, rounding_mode="floor") + 1

    def transform(self, hidden: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Apply the layers; some are left out in training, as the configuration says (LayerDrop)."""
        config = self.model.config
        mask = create_bidirectional_mask(config=config, inputs_embeds=hidden, attention_mask=real)
        for layer in self.layers:
            if not (self.model.training and config.encoder_layerdrop > 0 and torch.rand([]) < config.encoder_layerdrop):
                hidden = layer(hidden, mask)
        return self.model.layer_norm(hidden)  # type: ignore[operator]


KINDS: dict[str, type[Projected] | type[Whisper]] = {"whisper": Whisper}


def build(model: PreTrainedModel) -> Body:
    """Return the body of an encoder."""
    return KINDS.get(model.config.model_type, Projected)(model)


@contextlib.contextmanager
def _silent(convolutions: list[nn.Module] | nn.ModuleList, real: torch.Tensor) -> Iterator[None]:
    """Zero the padding between convolutions, (batch, channels, frames): data2vec has five, one above the other."""

    def zero(module: nn.Module, arguments: tuple, output: torch.Tensor) -> torch.Tensor:
        return output * real[:, None]

    hooks = [convolution.register_forward_hook(zero) for convolution in convolutions]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
