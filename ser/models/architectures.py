"""The architectures of encoders: one table, by the `model_type` of a checkpoint's config.json.

What is not in the table is refused by name: another architecture is never treated like one of these. To add one, add
its entry; the tests of padding, loading, freezing, layers, CTC and saving run over the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import transformers
from transformers import (
    PreTrainedModel,
    SeamlessM4TFeatureExtractor,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from ser.errors import CheckpointError, ConfigError
from ser.import_paths import import_path
from ser.models.bodies import Biased, Body, Conformer, MaskedConformer, Transformer, Whisper
from ser.models.front_ends import Convolutions, Filterbank, FrontEnd, LogMel
from ser.models.squeezed import Squeezed

NO_ADAPTER: Final = {
    "add_adapter": "its strided convolutions above the last layer are not part of the encoder here; set it to false in"
    " config.json to use the encoder without them"
}
"""The reason is the same for every architecture: the adapter of an encoder-decoder model shortens the clip."""


@dataclass(frozen=True)
class Architecture:
    """How an encoder is loaded, computed and trained so that padding changes nothing.

    Attributes:
        extractor: class of the feature extractor, with transformers' `from_pretrained`.
        front_end: (model, extractor) -> what turns waveforms into features, without gradient.
        body: model -> what turns features into hidden states.
        ctc: transformers' CTC model with this encoder; None: it cannot be fine-tuned to transcribe.
        loader: class that loads the encoder, with transformers' `from_pretrained`.
        renamed: pattern of weight names in the file -> name in the encoder, where a part of a model is loaded.
        one_attention: attention has one implementation, and `numerics.attention` is not passed on.
        adapted: ends of the names of the linear modules that get an adapter (LoRA) where the settings name none: the
            feed-forward ones, as in Feng and Narayanan (2023), PEFT-SER, which every architecture computes as modules.
        refused: option of config.json that must be absent or false -> the reason.
    """

    extractor: type
    front_end: Callable[[PreTrainedModel, Any], FrontEnd]
    body: Callable[[PreTrainedModel], Body]
    ctc: type[PreTrainedModel] | None = None
    loader: type = transformers.AutoModel
    renamed: Mapping[str, str] | None = None
    one_attention: bool = False
    adapted: tuple[str, ...] = ("intermediate_dense", "output_dense")
    refused: Mapping[str, str] = field(default_factory=lambda: NO_ADAPTER)


ARCHITECTURES: Final[dict[str, Architecture]] = {  # XLS-R is a wav2vec2
    "wav2vec2": Architecture(Wav2Vec2FeatureExtractor, Convolutions, Transformer, transformers.Wav2Vec2ForCTC),
    "hubert": Architecture(Wav2Vec2FeatureExtractor, Convolutions, Transformer, transformers.HubertForCTC),
    "wavlm": Architecture(Wav2Vec2FeatureExtractor, Convolutions, Biased, transformers.WavLMForCTC, one_attention=True),
    "unispeech-sat": Architecture(Wav2Vec2FeatureExtractor, Convolutions, Transformer, transformers.UniSpeechSatForCTC),
    "data2vec-audio": Architecture(
        Wav2Vec2FeatureExtractor, Convolutions, Transformer, transformers.Data2VecAudioForCTC
    ),
    "sew": Architecture(Wav2Vec2FeatureExtractor, Convolutions, Squeezed, transformers.SEWForCTC),
    "wav2vec2-conformer": Architecture(
        Wav2Vec2FeatureExtractor, Convolutions, Conformer, transformers.Wav2Vec2ConformerForCTC
    ),
    "wav2vec2-bert": Architecture(SeamlessM4TFeatureExtractor, Filterbank, MaskedConformer),
    "whisper": Architecture(
        WhisperFeatureExtractor,
        LogMel,
        Whisper,
        loader=WhisperEncoder,
        renamed={r"^(model\.)?encoder\.": ""},
        adapted=("fc1", "fc2"),
    ),
}


def architecture_of(config: Mapping[str, Any], checkpoint: str, given: str | None = None) -> Architecture:
    """Return the architecture of a checkpoint.

    Args:
        config: content of its config.json.
        checkpoint: for messages.
        given: import path of the architecture to use instead of that of the table.

    Raises:
        CheckpointError: the table has no such `model_type`, or an option is set that the architecture refuses.
        ConfigError: the import path leads to no Architecture.
    """
    name = config.get("model_type")
    if given is None and name not in ARCHITECTURES:
        says = f"architecture '{name}'" if name else "its config.json names no model_type"
        raise CheckpointError(
            f"checkpoint {checkpoint}: {says}; allowed are {', '.join(ARCHITECTURES)}, or your own by import path:"
            " +model.architecture=<module>.<name of an Architecture>"
        )
    architecture = import_path(given) if given else ARCHITECTURES[str(name)]
    if not isinstance(architecture, Architecture):
        raise ConfigError(
            f"model.architecture={given}: a {type(architecture).__name__} is no ser.models.architectures.Architecture"
        )
    for option, reason in architecture.refused.items():
        if config.get(option):
            raise CheckpointError(
                f"checkpoint {checkpoint}: {option}={config[option]} of a {name} is refused: {reason}"
            )
    return architecture
