"""Fine-tune the network of one cell, and score it on the test sets or on the validation part."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from safetensors.torch import load_file

from ser.audio.augmentation import build_augmentation
from ser.audio.copies import union
from ser.audio.ragged import Ragged
from ser.data.module import EmotionData
from ser.data.stream import Batching
from ser.errors import ConfigError
from ser.evaluation import evaluate
from ser.models.callbacks import SendCurves
from ser.models.classifier import EmotionClassifier
from ser.models.devices import Hardware, set_up
from ser.models.dimension_recogniser import DimensionRecogniser
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_inputs
from ser.models.fitting import fit, require_validation
from ser.models.frozen import Features, FrozenPart, frozen_states
from ser.models.lora import narrow
from ser.models.recogniser import EmotionRecogniser, Recogniser
from ser.models.saving import write_weights
from ser.models.sharing import frozen_encoder
from ser.records import CHECKPOINT, WEIGHTS
from ser.schema import DIMENSIONS
from ser.settings import CellSettings
from ser.settings.network import Lora
from ser.sources import Source
from ser.splits import assign, share_of
from ser.splits.cautions import cautions, lacking_emotions

log = logging.getLogger(__name__)


def fit_and_score(
    settings: CellSettings,
    sources: Mapping[str, Source],
    folder: Path,
    send: SendCurves,
    keep_weights: bool = False,
) -> dict[str, Any]:
    """Fine-tune the network of a cell, and score the best weights on every test set.

    Args:
        settings: settings of the cell.
        sources: name -> corpus and decoded audio.
        folder: folder of the cell; training resumes from a checkpoint in it.
        send: called after every validation with (step, metrics).
        keep_weights: keep the best weights in the folder.

    Returns:
        The content of `result.json`, without the description of the cell.
    """
    splits = split_all(settings, sources)
    data, recogniser, trainer, training = _fit(settings, sources, splits, settings.tests, folder, send)
    if keep_weights:
        write_weights(folder / WEIGHTS, recogniser.classifier)
    pairs = [(sources[name].corpus, parts) for name, parts in splits.items()]
    marks = {
        "cautions": [caution for pair in pairs for caution in cautions(*pair)],
        "lacking": {corpus.name: lacking for corpus, parts in pairs if (lacking := lacking_emotions(corpus, parts))},
    }
    return {"training": training} | marks | evaluate(trainer, recogniser, data, folder)


def fit_and_validate(settings: CellSettings, sources: Mapping[str, Source], share: float, folder: Path) -> float:
    """Fine-tune on a fraction of the training part, and return the best validation metric.

    Test clips are not used.

    Args:
        settings: settings of the cell.
        sources: name -> corpus and decoded audio of the training corpora.
        share: fraction of the training clips.
        folder: folder for a checkpoint.

    Raises:
        ConfigError, UserError: as `ser.models.fitting.fit`.
    """
    splits = {
        name: share_of(split, sources[name].corpus.clips, share, settings.seed.split)
        for name, split in split_all(settings, sources).items()
    }
    _, recogniser, _, training = _fit(settings, sources, splits, [], folder, lambda step, metrics: None)
    return training[recogniser.monitor.best]


def _fit(
    settings: CellSettings,
    sources: Mapping[str, Source],
    splits: Mapping[str, np.ndarray],
    tests: list[str],
    folder: Path,
    send: SendCurves,
) -> tuple[EmotionData, Recogniser, pl.Trainer, dict[str, Any]]:
    data, recogniser, hardware = build_cell(settings, sources, splits, tests)
    trainer, training = fit(
        recogniser,
        data,
        settings.training,
        hardware,
        settings.trainer,
        folder / CHECKPOINT,
        send,
        recogniser.monitor,
    )
    return data, recogniser, trainer, training


def build_cell(
    settings: CellSettings, sources: Mapping[str, Source], splits: Mapping[str, np.ndarray], tests: list[str]
) -> tuple[EmotionData, Recogniser, Hardware]:
    """Return the batches and the network of a cell, with its seed set, and what it is trained on."""
    hardware = set_up(settings.trainer, settings.numerics)
    pl.seed_everything(settings.seed.value, verbose=False)
    encoder = _load(settings)
    parts = frozen_parts(settings, encoder)
    inputs = open_all_inputs(settings, parts, sources, settings.trainer.features_gb, hardware.device)
    if len(parts) > 1 and settings.augmentation.transforms:
        log.warning("augmentation: what is frozen is computed again for every training batch, in every epoch")
    data = build_data(settings, sources, splits, tests, inputs, hardware.evaluation_batch_size(settings.trainer))
    recogniser = _recogniser(settings, encoder, data)
    if isinstance(settings.freezing, Lora):
        narrow(encoder, hardware.precision)
    return data, recogniser, hardware


def _load(settings: CellSettings) -> SpeechEncoder:
    """Return the encoder; cells of a process whose frozen states are stored share its weights."""
    if settings.freezing.name != "encoder" or settings.numerics.cnn_features == "none":
        return load_encoder(settings, settings.checkpoint)
    rate, attention = settings.audio.sample_rate, settings.numerics.attention
    encoder = frozen_encoder(settings.checkpoint, rate, attention, settings.model.architecture)
    pl.seed_everything(settings.seed.value, verbose=False)  # the first cell of a process loads, the others do not
    return encoder


def require_trainable(settings: CellSettings, sources: Mapping[str, Source]) -> None:
    """Refuse a cell whose training would end before its first step; the encoder is not loaded.

    Raises:
        ConfigError: the split, the augmentation or the number of steps cannot work, or there is one emotion.
        CorpusError: a corpus lacks what the task or the split needs.
    """
    stores = {name: source.store for name, source in sources.items()}
    data = build_data(settings, sources, split_all(settings, sources), settings.tests, stores, 1)
    if settings.task.name == "emotions" and len(data.emotions) < 2:
        raise ConfigError(
            f"the training part has no emotion but {data.emotions[0]}, and nothing can be told apart; choose another"
            " split, dataset.labels, dataset.emotions or dataset.keep"
        )
    require_validation(data, settings.training)


def build_data(
    settings: CellSettings,
    sources: Mapping[str, Source],
    splits: Mapping[str, np.ndarray],
    tests: list[str],
    inputs: Mapping[str, Ragged],
    evaluation_batch_size: int,
) -> EmotionData:
    """Return the batches of a cell; arguments are those of `EmotionData`."""
    audio, seed = settings.audio, settings.seed.value
    return EmotionData(
        corpora={name: (source.corpus.clips, source.store) for name, source in sources.items()},
        tests=tests,
        splits=splits,
        inputs=inputs,
        batching=Batching.of(settings.training, evaluation_batch_size, seed),
        augmentation=build_augmentation(settings.augmentation, audio.sample_rate, seed),
        union=union(settings.augmentation, audio.sample_rate, seed),
        dimensions=settings.task.name == "dimensions",
        order=settings.dataset.emotions,
        soft=settings.task.name == "emotions" and settings.task.labels == "soft",
    )


def _recogniser(settings: CellSettings, encoder: SpeechEncoder, data: EmotionData) -> Recogniser:
    """Return the network and the loss of the task."""
    if settings.task.name == "dimensions":
        network = build_network(settings, encoder, len(DIMENSIONS))
        return DimensionRecogniser(network, settings.training, settings.numerics, settings.task.loss)
    network = build_network(settings, encoder, len(data.emotions))
    return EmotionRecogniser(network, settings.training, settings.numerics, data.class_counts(), settings.loss)


def split_all(settings: CellSettings, sources: Mapping[str, Source]) -> dict[str, np.ndarray]:
    """Return name -> (clips,) the part of each clip, for every training corpus."""
    return {name: assign(settings.split, sources[name].corpus, settings.seed.split) for name in settings.dataset.train}


def frozen_parts(settings: CellSettings, encoder: SpeechEncoder) -> list[FrozenPart]:
    """Return the frozen parts of a cell's encoder, the largest first: states if more than the front end is frozen."""
    states = frozen_states(encoder, settings.pooling, settings.layers, settings.freezing)
    return [Features(encoder)] if states is None else [states, Features(encoder)]


def open_all_inputs(
    settings: CellSettings,
    parts: Sequence[FrozenPart],
    sources: Mapping[str, Source],
    limit_gb: float,
    device: torch.device,
) -> dict[str, Ragged]:
    """Return name -> output of a frozen part, or waveform, of each clip, for every corpus."""
    return {
        name: open_inputs(parts, source.store, settings.numerics, limit_gb, device, settings.store_dir)
        for name, source in sources.items()
    }


def build_network(settings: CellSettings, encoder: SpeechEncoder, outputs: int) -> EmotionClassifier:
    """Return the network of a cell: the encoder with its layers, pooling, head and freezing."""
    return EmotionClassifier(encoder, outputs, settings.pooling, settings.layers, settings.head, settings.freezing)


def load_encoder(settings: CellSettings, checkpoint: str) -> SpeechEncoder:
    """Return the encoder of a checkpoint, as a cell loads it."""
    audio, numerics, model = settings.audio, settings.numerics, settings.model
    return SpeechEncoder(checkpoint, audio.sample_rate, numerics.attention, model.architecture)


def kept_network(settings: CellSettings, folder: Path, outputs: int) -> EmotionClassifier:
    """Return the network of a cell with the weights that were scored.

    Args:
        settings: of the cell.
        folder: of the cell, which kept its weights.
        outputs: emotions or dimensions.
    """
    network = build_network(settings, load_encoder(settings, settings.checkpoint), outputs)
    network.load_state_dict(load_file(folder / WEIGHTS), strict=False)  # what is frozen is the checkpoint's
    return network
