"""Tiny encoders, 2 layers x 32 wide, of every architecture in the table and every option that changes arithmetic."""

from typing import Any, NamedTuple

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from ser.models.architectures import ARCHITECTURES
from ser.models.front_ends import Convolutions

NAMES = {name: CONFIG_MAPPING[name].__name__.removesuffix("Config") for name in ARCHITECTURES}
"""What transformers calls the classes of an architecture."""
ON_WAVEFORMS = tuple(name for name in NAMES if ARCHITECTURES[name].front_end is Convolutions)
"""Those that begin with convolutions."""
WITH_CTC = tuple(name for name in NAMES if ARCHITECTURES[name].ctc)
NORMS = [(name, "layer") for name in NAMES] + [(name, "group") for name in ON_WAVEFORMS if name != "data2vec-audio"]
"""Architectures, and the norms that their convolutions can have."""

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
QUANTISER = {"num_codevectors_per_group": 8, "codevector_dim": 16, "proj_codevector_dim": 16}
NO_CHANCE = dict.fromkeys(
    [
        *("hidden_dropout", "activation_dropout", "attention_dropout", "feat_proj_dropout", "conformer_conv_dropout"),
        *("dropout", "layerdrop", "encoder_layerdrop", "mask_time_prob", "mask_feature_prob"),
    ],
    0.0,
)
"""Options without which training computes what evaluation does."""


class Variant(NamedTuple):
    """An architecture, the norm of its convolutions, and options of its configuration."""

    architecture: str
    norm: str
    options: dict[str, Any]

    def __str__(self) -> str:
        options = (f"{name}={value}" for name, value in self.options.items())
        return "-".join((self.architecture, self.norm, *options))


VARIANTS = [
    *(Variant(*pair, {}) for pair in NORMS),
    *(Variant(name, "layer", {"do_stable_layer_norm": False}) for name in ("wav2vec2", "hubert", "wavlm")),
    *(Variant(name, "group", {"do_stable_layer_norm": True}) for name in ("wav2vec2", "hubert", "unispeech-sat")),
    *(Variant(name, "layer", {"use_weighted_layer_sum": True}) for name in NAMES),
    *(Variant(name, "layer", {"adapter_attn_dim": 4}) for name in ("wav2vec2", "hubert", "unispeech-sat")),
    *(Variant("hubert", norm, {"conv_pos_batch_norm": True}) for norm in ("layer", "group")),
    Variant("hubert", "layer", {"feat_proj_layer_norm": False}),
    Variant("wav2vec2", "layer", {"num_conv_pos_embeddings": 15}),
    Variant("data2vec-audio", "layer", {"conv_pos_kernel_size": 4}),
    *(Variant("sew", "group", {"squeeze_factor": factor}) for factor in (1, 3)),
    Variant("sew", "group", {"num_conv_pos_embeddings": 15}),
    Variant("sew", "layer", {"conv_dim": (16,) * 6 + (32,)}),  # no projection
    *(
        Variant(name, "layer", {"position_embeddings_type": kind})
        for name in ("wav2vec2-conformer", "wav2vec2-bert")
        for kind in (None, "rotary", "relative")
    ),
    Variant("whisper", "layer", {"scale_embedding": True}),
]


def configuration(architecture: str, norm: str = "layer", **options: Any) -> Any:
    """Return the configuration of an encoder."""
    kind = getattr(transformers, f"{NAMES[architecture]}Config")
    match architecture:
        case "whisper":
            usual: dict[str, Any] = {
                "d_model": 32,
                "encoder_layers": 2,
                "encoder_attention_heads": 2,
                "encoder_ffn_dim": 64,
                "decoder_layers": 1,
                "decoder_attention_heads": 2,
                "decoder_ffn_dim": 32,
                "num_mel_bins": 80,
                "vocab_size": 20,
                "max_target_positions": 8,
                "pad_token_id": 1,
                "bos_token_id": 2,
                "eos_token_id": 3,
                "decoder_start_token_id": 2,
                "suppress_tokens": None,
                "begin_suppress_tokens": None,
                "dropout": 0.1,
            }
        case "wav2vec2-bert":
            usual = {**SIZES, "mask_time_prob": 0.05, "vocab_size": 20}
        case "data2vec-audio":
            usual = {**SIZES, "conv_dim": (16,) * 7, "conv_pos_kernel_size": 5, "num_conv_pos_embedding_groups": 2}
        case _:
            usual = {
                **SIZES,
                **QUANTISER,
                "vocab_size": 32,
                "conv_dim": (16,) * 7,
                "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
                "conv_stride": (5, 2, 2, 2, 2, 2, 2),
                "feat_extract_norm": norm,
                "do_stable_layer_norm": norm == "layer",
                "num_conv_pos_embeddings": 16,
                "num_conv_pos_embedding_groups": 2,
            }
    return kind(**usual | options)


def extractor(architecture: str, norm: str = "layer") -> Any:
    """Return the feature extractor of an encoder, as the checkpoints of the hub have it."""
    match architecture:
        case "whisper":
            return transformers.WhisperFeatureExtractor(feature_size=80)
        case "wav2vec2-bert":
            return transformers.SeamlessM4TFeatureExtractor(padding_value=1)
        case _:
            return transformers.Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer", do_normalize=True)
