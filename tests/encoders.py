"""Tiny encoders, 2 layers x 32 wide, of every architecture that there is a configuration for."""

from typing import Any

import transformers

NAMES = {
    "wav2vec2": "Wav2Vec2",
    "hubert": "Hubert",
    "wavlm": "WavLM",
    "unispeech-sat": "UniSpeechSat",
    "data2vec-audio": "Data2VecAudio",
    "wav2vec2-bert": "Wav2Vec2Bert",
    "whisper": "Whisper",
}
ON_WAVEFORMS = tuple(NAMES)[:5]
"""Those that begin with convolutions."""
NORMS = [(name, "layer") for name in NAMES] + [(name, "group") for name in ON_WAVEFORMS if name != "data2vec-audio"]
"""Architectures, and the norms that their convolutions can have."""

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
QUANTISER = {"num_codevectors_per_group": 8, "codevector_dim": 16, "proj_codevector_dim": 16}


def configuration(architecture: str, norm: str = "layer") -> Any:
    """Return the configuration of an encoder."""
    kind = getattr(transformers, f"{NAMES[architecture]}Config")
    match architecture:
        case "whisper":
            return kind(
                d_model=32,
                encoder_layers=2,
                encoder_attention_heads=2,
                encoder_ffn_dim=64,
                decoder_layers=1,
                decoder_attention_heads=2,
                decoder_ffn_dim=32,
                num_mel_bins=80,
                vocab_size=20,
                max_target_positions=8,
                pad_token_id=1,
                bos_token_id=2,
                eos_token_id=3,
                decoder_start_token_id=2,
                suppress_tokens=None,
                begin_suppress_tokens=None,
                dropout=0.1,
            )
        case "wav2vec2-bert":
            return kind(**SIZES, mask_time_prob=0.05, vocab_size=20)
        case "data2vec-audio":
            return kind(**SIZES, conv_dim=(16,) * 7, conv_pos_kernel_size=5, num_conv_pos_embedding_groups=2)
        case _:
            return kind(
                **SIZES,
                **QUANTISER,
                conv_dim=(16,) * 7,
                feat_extract_norm=norm,
                do_stable_layer_norm=norm == "layer",
                num_conv_pos_embeddings=16,
                num_conv_pos_embedding_groups=2,
            )


def extractor(architecture: str, norm: str = "layer") -> Any:
    """Return the feature extractor of an encoder, as the checkpoints of the hub have it."""
    match architecture:
        case "whisper":
            return transformers.WhisperFeatureExtractor(feature_size=80)
        case "wav2vec2-bert":
            return transformers.SeamlessM4TFeatureExtractor(padding_value=1)
        case _:
            return transformers.Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer", do_normalize=True)
