"""Weights, configuration and source in the layout of the Hugging Face hub."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from transformers import PreTrainedConfig

from ser.exporting import hub_model
from ser.exporting.bundle import Bundle
from ser.models.classifier import EmotionClassifier
from ser.settings.network import HeadSettings, OneLayer, PoolingSettings

MODULE = "modeling_speech_emotion"
FILES = ("config.json", "model.safetensors", f"{MODULE}.py", "preprocessor_config.json")
HEADER = (
    '"""A network for speech emotion recognition, and all that it needs; made from the source that trained it."""\n\n'
)


def write_hub(
    folder: Path,
    networks: Sequence[EmotionClassifier],
    labels: Sequence[str],
    chosen: Mapping[str, Any],
    values: bool,
    sample_rate: int,
    loudness_lufs: float | None,
) -> None:
    """Write networks of one kind, whose probabilities are averaged, as a model of transformers.

    Args:
        folder: to write to.
        networks: trained ones.
        labels: of their outputs.
        chosen: the settings `pooling`, `layers` and `head`.
        values: the outputs are values, not logits.
        sample_rate: of the clips, in Hz.
        loudness_lufs: of the clips; None leaves them as they are.

    Raises:
        ConfigError: as `ser.exporting.bundle.Bundle`.
    """
    network = networks[0]
    (folder / f"{MODULE}.py").write_text(_source(network), encoding="utf-8")
    config = _config(network, labels, chosen, values, len(networks))
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    names = {"AutoFeatureExtractor": f"{MODULE}.SpeechEmotionFeatureExtractor"}
    extractor = hub_model.SpeechEmotionFeatureExtractor(
        loudness_lufs, sampling_rate=sample_rate, do_normalize=False, return_attention_mask=True
    )
    content = extractor.to_dict() | {"auto_map": names}
    (folder / "preprocessor_config.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
    weights = {
        f"members.{number}.{name}": value.detach().cpu().clone().contiguous()
        for number, each in enumerate(networks)
        for name, value in each.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod((folder / "config.json").stat().st_mode)  # safetensors lets nobody else read


def _parts(network: EmotionClassifier) -> dict[str, type]:
    encoder = network.encoder
    return {
        "encoder": type(encoder.model),
        "encoder_config": type(encoder.model.config),
        "extractor": type(encoder.extractor),
        "front_end": type(encoder.front_end),
        "body": type(encoder.body),
        "pooling": type(network.pooling),
        "layers": type(network.layers),
    }


def _source(network: EmotionClassifier) -> str:
    parts = _parts(network)
    own = {part.__module__.split(".")[0] for name, part in parts.items() if not name.startswith("e")}
    bundle = Bundle(["ser", *own])
    for part in (hub_model.SpeechEmotionModel, hub_model.SpeechEmotionFeatureExtractor, *parts.values()):
        bundle.add(part)
    made = ", ".join(f"{name}={part.__name__}" for name, part in parts.items())
    return f"{HEADER}{bundle.source()}\n\nSpeechEmotionModel.parts = Parts({made})\n"


def _config(
    network: EmotionClassifier, labels: Sequence[str], chosen: Mapping[str, Any], values: bool, members: int
) -> dict[str, Any]:
    encoder = network.encoder
    pooling: PoolingSettings = chosen["pooling"]
    head: HeadSettings = chosen["head"]
    of_layers = {"layer": chosen["layers"].layer} if isinstance(chosen["layers"], OneLayer) else {}
    return {
        "model_type": hub_model.SpeechEmotionConfig.model_type,
        "architectures": ["SpeechEmotionModel"],
        "auto_map": {
            "AutoConfig": f"{MODULE}.SpeechEmotionConfig",
            "AutoModel": f"{MODULE}.SpeechEmotionModel",
            "AutoModelForAudioClassification": f"{MODULE}.SpeechEmotionModel",
        },
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
        "problem_type": "regression" if values else "single_label_classification",
        "encoder": _plain(encoder.model.config),
        "extractor": _plain_extractor(encoder.extractor),
        "pooling": pooling.options,
        "layers": of_layers,
        "head": head.model_dump(include={"hidden_width", "batch_norm", "dropout"}),
        "members": members,
    }


def _plain(config: PreTrainedConfig) -> dict[str, Any]:
    """Return the configuration of an encoder without what loading adds to it."""
    added = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "architectures", "model_type")
    return {key: value for key, value in json.loads(config.to_json_string()).items() if key not in added}


def _plain_extractor(extractor: Any) -> dict[str, Any]:
    left_out = ("feature_extractor_type", "processor_class", "auto_map")
    return {key: value for key, value in json.loads(extractor.to_json_string()).items() if key not in left_out}
