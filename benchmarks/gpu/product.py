"""All that the benchmark builds of the product: a cell of the paper's protocol on the made-up corpus, and its training.

What the product's functions are called is known here and, for variants of them, in `candidates`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
import yaml

from benchmarks.gpu.corpus import Material
from benchmarks.measure import ROOT
from ser.audio.ragged import Ragged
from ser.data.module import EmotionData
from ser.data.stream import Batching
from ser.models.classifier import EmotionClassifier
from ser.models.devices import Hardware, choose_device, set_up
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_inputs
from ser.models.fitting import fit, predict
from ser.models.frozen import Features
from ser.models.recogniser import EmotionRecogniser
from ser.settings import NumericsSettings, TrainerSettings, TrainingSettings

CORPUS = "noise"
Curves = dict[int, dict[str, float]]
"""Optimiser step -> metrics of the validation after it."""


class Cell(NamedTuple):
    """A cell before its training."""

    protocol: TrainingSettings
    numerics: NumericsSettings
    trainer: TrainerSettings
    hardware: Hardware
    data: EmotionData
    recogniser: EmotionRecogniser


def settings(group: str, schema: type, **changed: Any) -> Any:
    """Read a group of the configuration without Hydra, which may be missing."""
    return schema.model_validate(_values(ROOT / "conf" / f"{group}.yaml") | changed)


def _values(path: Path) -> dict[str, Any]:
    values = yaml.safe_load(path.read_text())
    bases = [path.with_name(f"{base}.yaml") for base in values.pop("defaults", []) if base != "_self_"]
    for base in bases:
        values = _values(base) | values
    return values


def trained_on() -> torch.device:
    """Return the device that the default settings choose."""
    return choose_device(settings("trainer/auto", TrainerSettings).accelerator)


def inputs(material: Material, encoder: SpeechEncoder, numerics: NumericsSettings, trainer: TrainerSettings) -> Ragged:
    """Return what the encoder is given of each clip: features that are computed once and kept in the material."""
    return open_inputs(
        [Features(encoder)], material.store, numerics, trainer.features_gb, trained_on(), material.folder
    )


def cell(
    material: Material,
    numerics: str = "fast",
    recogniser: type[EmotionRecogniser] = EmotionRecogniser,
    data: type[EmotionData] = EmotionData,
    checkpoint_minutes: float | None = None,
    **changed: Any,
) -> Cell:
    """Build a cell as `ser.train` does.

    Args:
        material: the corpus and the encoder.
        numerics: level of the group `numerics`.
        recogniser: the module, for variants of it.
        data: the data module, for variants of it.
        checkpoint_minutes: between two checkpoints, in place of the default.
        changed: keys of `numerics` that are set.
    """
    arithmetic = settings(f"numerics/{numerics}", NumericsSettings, **changed)
    minutes = {} if checkpoint_minutes is None else {"checkpoint_minutes": checkpoint_minutes}
    trainer = settings("trainer/auto", TrainerSettings, **minutes)
    protocol = settings("training/paper", TrainingSettings)
    hardware = set_up(trainer, arithmetic)
    pl.seed_everything(0, verbose=False)
    encoder = SpeechEncoder(material.checkpoint, material.store.sample_rate, arithmetic.attention)
    module = data(
        corpora={CORPUS: (material.manifest, material.store)},
        tests=[CORPUS],
        splits={CORPUS: material.split},
        inputs={CORPUS: inputs(material, encoder, arithmetic, trainer)},
        batching=Batching.of(protocol, hardware.evaluation_batch_size(trainer), seed=0),
    )
    classifier = EmotionClassifier(encoder, len(module.emotions))
    built = recogniser(classifier, protocol, arithmetic, module.class_counts())
    return Cell(protocol, arithmetic, trainer, hardware, module, built)


def train(
    what: Cell, folder: Path, validations: int, each: Callable[[int, dict[str, float]], None] = lambda *_: None
) -> tuple[pl.Trainer, Curves]:
    """Train a cell with the product's own `fit`, from a checkpoint where the folder has one; return trainer and curves.

    Args:
        what: the cell.
        folder: of the checkpoint.
        validations: after which it stops, if the protocol does not stop it before.
        each: called after every validation with the step and its metrics.
    """
    curves: Curves = {}

    def keep(step: int, metrics: dict[str, float]) -> None:
        each(step, metrics)
        curves[step] = metrics
        what.recogniser.trainer.should_stop |= step >= validations * what.protocol.validate_every_steps

    folder.mkdir(parents=True, exist_ok=True)
    trainer, _ = fit(what.recogniser, what.data, what.protocol, what.hardware, what.trainer, folder / "last.ckpt", keep)
    return trainer, curves


def test(trainer: pl.Trainer, what: Cell) -> np.ndarray:
    """Return the logits (clips, emotions) of the test set."""
    return predict(trainer, what.recogniser, what.data)[0][1]


def emotion_indices(manifest: pd.DataFrame) -> np.ndarray:
    """Return (clips,) the index of each clip's emotion among those of the corpus."""
    return pd.Categorical(manifest["emotion"]).codes.astype(np.int64)
