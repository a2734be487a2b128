"""One cell of the grid, from its corpora to its scores: the whole experiment, in the order in which it happens."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from ser.audio.augmentation import build
from ser.audio.copies import union
from ser.audio.store import Store
from ser.corpora import Corpus
from ser.data.module import EmotionData
from ser.evaluation import evaluate
from ser.models.callbacks import SendCurves
from ser.models.classifier import EmotionClassifier
from ser.models.dimensions import DimensionRecogniser
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_inputs
from ser.models.fitting import fit
from ser.models.recogniser import EmotionRecogniser
from ser.records import CHECKPOINT
from ser.schema import DIMENSIONS
from ser.settings import TrainSettings
from ser.splits import assign


def fit_and_score(
    settings: TrainSettings, corpora: Mapping[str, tuple[Corpus, Store]], folder: Path, send: SendCurves
) -> dict[str, Any]:
    """Fine-tune by the protocol, and score the best weights on every test set.

    Args:
        settings: of the cell.
        corpora: name -> its labels and its decoded clips, in the same order.
        folder: of the cell; training goes on from a checkpoint that is in it.
        send: is told of every validation.

    Returns:
        What stands in `result.json` beside the description of the cell.
    """
    if settings.trainer.threads:
        torch.set_num_threads(settings.trainer.threads)
    pl.seed_everything(settings.seed.value, verbose=False)
    encoder = SpeechEncoder(settings.checkpoint, settings.audio.sample_rate, settings.numerics.attention)
    data = EmotionData(
        corpora={name: (corpus.clips, store) for name, (corpus, store) in corpora.items()},
        tests=settings.tests,
        splits={name: assign(settings.split, corpora[name][0], settings.seed.split) for name in settings.dataset.train},
        inputs={
            name: open_inputs(encoder, store, settings.numerics, settings.trainer, settings.store_dir)
            for name, (_, store) in corpora.items()
        },
        batch_size=settings.training.batch_size,
        batch_seconds=settings.training.batch_seconds,
        epochs=settings.training.epochs,
        evaluation_batch_size=settings.trainer.evaluation_batch_size,
        augmentation=build(settings.augmentation, settings.audio.sample_rate, settings.seed.value),
        seed=settings.seed.value,
        union=union(settings.augmentation, settings.audio.sample_rate, settings.seed.value),
        balanced=settings.training.sampling == "balanced",
        dimensions=settings.task.name == "dimensions",
    )
    recogniser = _recogniser(settings, encoder, data)
    trainer, training = fit(
        recogniser,
        data,
        settings.training,
        settings.numerics,
        settings.trainer,
        folder / CHECKPOINT,
        send,
        recogniser.monitor,
    )
    return {"training": training} | evaluate(trainer, recogniser, data, folder)


def _recogniser(settings: TrainSettings, encoder: SpeechEncoder, data: EmotionData) -> EmotionRecogniser:
    """Return the network that the task takes, with its loss."""
    outputs = len(DIMENSIONS) if settings.task.name == "dimensions" else len(data.emotions)
    network = EmotionClassifier(encoder, outputs, settings.pooling, settings.layers, settings.head, settings.freezing)
    if settings.task.name == "dimensions":
        return DimensionRecogniser(network, settings.training, settings.numerics, settings.task.loss)
    return EmotionRecogniser(network, settings.training, settings.numerics, data.class_counts(), settings.loss)
