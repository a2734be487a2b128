"""The network as transformers loads it from a folder; `ser.exporting.hub` writes this source into that folder."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, Wav2Vec2FeatureExtractor
from transformers.utils import ModelOutput

from ser.audio.loudness import normalise
from ser.models.encoder import Encoder
from ser.models.head import build_head


class Parts(NamedTuple):
    """The classes that a network is made of, with those of transformers."""

    encoder: Any
    encoder_config: Any
    extractor: Any
    front_end: Any
    body: Any
    pooling: Any
    layers: Any


class SpeechEmotionConfig(PreTrainedConfig):
    """What the network is made of.

    Attributes:
        encoder: configuration of the encoder.
        extractor: configuration of its feature extractor.
        pooling: options of the pooling.
        layers: options of the layers.
        head: of the classifier.
        members: networks whose probabilities are averaged.
    """

    model_type = "speech_emotion"

    def __init__(
        self,
        encoder: dict | None = None,
        extractor: dict | None = None,
        pooling: dict | None = None,
        layers: dict | None = None,
        head: dict | None = None,
        members: int = 1,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.extractor = extractor or {}
        self.pooling = pooling or {}
        self.layers = layers or {}
        self.head = head or {}
        self.members = members
        super().__init__(**kwargs)


class Member(nn.Module):
    """One network: an encoder, its layers, the pooling and the head."""

    def __init__(self, config: SpeechEmotionConfig, parts: Parts) -> None:
        super().__init__()
        model = parts.encoder(parts.encoder_config(**config.encoder))
        self.encoder = Encoder(model, None, parts.body(model))  # type: ignore[arg-type]  # see `_ready`
        self.layers = parts.layers(self.encoder, **config.layers)
        self.pooling = parts.pooling(self.encoder.width, **config.pooling)
        settings: Any = SimpleNamespace(**config.head)
        self.head = build_head(settings, self.pooling.width, int(config.num_labels or 0))

    def forward(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (batch, labels) and the pooled embedding (batch, width)."""
        pooled = self.layers(self.encoder, self.pooling, waveforms, lengths)
        return self.head(pooled), pooled


@dataclass
class SpeechEmotionOutput(ModelOutput):
    """Logits (batch, labels), whose softmax are the probabilities, and embeddings (batch, width).

    Of dimensions, the logits are their values.
    """

    logits: torch.Tensor | None = None
    embeddings: torch.Tensor | None = None


class SpeechEmotionModel(PreTrainedModel):
    """Emotions of padded clips; padding changes nothing.

    >>> from transformers import pipeline
    >>> pipeline("audio-classification", model=folder, trust_remote_code=True)("clip.wav")  # doctest: +SKIP
    """

    config_class = SpeechEmotionConfig
    main_input_name = "input_values"
    parts: Parts

    def __init__(self, config: SpeechEmotionConfig) -> None:
        super().__init__(config)
        self.members = nn.ModuleList(Member(config, self.parts) for _ in range(config.members))
        self.post_init()

    def forward(
        self, input_values: torch.Tensor, attention_mask: torch.Tensor | None = None, **kwargs: Any
    ) -> SpeechEmotionOutput:
        """Return logits and embeddings of waveforms (batch, samples); the mask is 1 on real samples."""
        lengths = (torch.ones_like(input_values) if attention_mask is None else attention_mask).sum(dim=1).long()
        found = [member(input_values, lengths) for member in self._ready()]
        logits = found[0][0]
        if len(found) > 1 and self.config.problem_type == "regression":
            logits = torch.stack([each for each, _ in found]).mean(dim=0)
        elif len(found) > 1:
            logits = torch.stack([each.softmax(dim=1) for each, _ in found]).mean(dim=0).log()
        return SpeechEmotionOutput(logits=logits, embeddings=torch.cat([each for _, each in found], dim=1))

    def _ready(self) -> nn.ModuleList:
        """Return the networks with their front ends, which hold no weights of their own to be loaded."""
        for member in self.members:
            assert isinstance(member, Member)
            if member.encoder.front_end is None:
                extractor = self.parts.extractor(**self.config.extractor)
                member.encoder.front_end = self.parts.front_end(member.encoder.model, extractor)
        return self.members


class SpeechEmotionFeatureExtractor(Wav2Vec2FeatureExtractor):
    """Brings clips to the loudness of training; what the encoder takes is computed in the network."""

    def __init__(self, loudness_lufs: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loudness_lufs = loudness_lufs

    def __call__(self, raw_speech: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Return padded waveforms and their mask; clips are (samples,) at the sampling rate of the extractor."""
        clips = [raw_speech] if np.ndim(raw_speech[0]) == 0 else raw_speech
        clips = [np.asarray(clip, dtype=np.float32) for clip in clips]
        if self.loudness_lufs is not None:
            clips = [normalise(clip, self.sampling_rate, self.loudness_lufs)[0] for clip in clips]
        return super().__call__(clips, **kwargs | {"padding": True, "return_attention_mask": True})
