"""The two contenders of `benchmarks.gpu`: the project's own `fit` with a clock in it, and the plain loop."""

import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from torch.utils.data import DataLoader

from benchmarks.baseline import Clips, Collate, PlainClassifier
from benchmarks.measure import ROOT
from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import Batch
from ser.data.module import EmotionData, known_emotions
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.fitting import fit
from ser.models.losses import balanced_class_weights
from ser.models.recogniser import EmotionRecogniser
from ser.settings import NumericsSettings, TrainerSettings, TrainingSettings


@dataclass
class Clock:
    """Seconds of stretches of training and of validations, and what was trained on in each stretch."""

    stretches_s: list[float] = field(default_factory=list)
    validations_s: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    clips: list[int] = field(default_factory=list)
    audio_s: list[float] = field(default_factory=list)

    def row(self, per_epoch: int, skip: int = 1) -> dict[str, float]:
        """Return the figures of a round, without the first stretches, which warm up."""
        seconds, steps = sum(self.stretches_s[skip:]), sum(self.steps[skip:])
        return {
            "step_ms": 1000 * seconds / steps,
            "epoch_s": seconds / steps * per_epoch,
            "validation_s": float(np.median(self.validations_s[skip:] or self.validations_s)),
            "clips_per_s": sum(self.clips[skip:]) / seconds,
            "audio_s_per_s": sum(self.audio_s[skip:]) / seconds,
        }


@dataclass
class Task:
    """What both contenders train on."""

    checkpoint: str
    manifest: pd.DataFrame
    store: Store
    split: np.ndarray
    device: torch.device

    def part(self, name: str) -> np.ndarray:
        """Return the positions of the clips of a split."""
        return np.flatnonzero(self.split == name)


def now(device: torch.device) -> float:
    """Return the time when all that the device was told is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def settings(group: str, schema: type, **changed: Any) -> Any:
    """Read a group of the configuration without Hydra, which may be missing."""
    return schema.model_validate(yaml.safe_load((ROOT / "conf" / f"{group}.yaml").read_text()) | changed)


class Timed(EmotionRecogniser):
    """Looks at the clock where training stops to validate and where it goes on; stops after so many stretches."""

    def begin(self, clock: Clock, seconds_per_unit: float, stretches: int) -> None:
        """Set the clock; lengths of batches times `seconds_per_unit` are seconds of audio."""
        self.clock, self.seconds_per_unit, self.stretches = clock, seconds_per_unit, stretches
        self.seen: list[tuple[int, torch.Tensor]] = []

    def on_train_start(self) -> None:
        """Start the first stretch."""
        self.since = now(self.device)

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Count what is trained on, without waiting for the device."""
        self.seen.append((len(batch.labels), batch.lengths.sum()))
        return super().training_step(batch, batch_idx)

    def on_validation_start(self) -> None:
        """End a stretch."""
        self.paused = now(self.device)
        self.clock.stretches_s.append(self.paused - self.since)
        self.clock.steps.append(len(self.seen))
        self.clock.clips.append(sum(clips for clips, _ in self.seen))
        self.clock.audio_s.append(sum(float(length) for _, length in self.seen) * self.seconds_per_unit)
        self.seen = []

    def on_validation_end(self) -> None:
        """Start the next stretch."""
        self.since = now(self.device)
        self.clock.validations_s.append(self.since - self.paused)
        self.trainer.should_stop |= len(self.clock.stretches_s) >= self.stretches


def project(task: Task, features: Ragged, steps: int, place: TrainerSettings, folder: Path) -> Clock:
    """Train with the project's own code, and its default numerics."""
    protocol = settings("training/paper", TrainingSettings)
    numerics = settings("numerics/fast", NumericsSettings)
    encoder = SpeechEncoder(task.checkpoint, task.store.sample_rate, numerics.attention)
    data = EmotionData(
        corpora={"noise": (task.manifest, task.store)},
        tests=["noise"],
        splits={"noise": task.split},
        inputs={"noise": features},
        batch_size=protocol.batch_size,
        batch_seconds=protocol.batch_seconds,
        epochs=protocol.epochs,
        evaluation_batch_size=place.evaluation_batch_size,
        augmentation=None,
        seed=0,
    )
    recogniser = Timed(EmotionClassifier(encoder, len(data.emotions)), protocol, numerics, data.class_counts())
    clock = Clock()
    units = task.store.durations_s.sum() / features.lengths.sum()
    recogniser.begin(clock, float(units), steps // protocol.validate_every_steps)
    fit(recogniser, data, protocol, numerics, place, folder / "last.ckpt", lambda step, metrics: None)
    return clock


def plain(task: Task, steps: int) -> Clock:
    """Train as `Trainer` does by default, less its book-keeping: it needs a package that may be missing here."""
    torch.set_float32_matmul_precision("highest")
    protocol = settings("training/paper", TrainingSettings)
    emotions = known_emotions(task.manifest)
    labels = pd.Index(emotions).get_indexer(pd.Index(task.manifest["emotion"]))
    loaders = {
        name: DataLoader(
            Clips(task.store, task.part(name), labels[task.part(name)]),
            protocol.batch_size,
            shuffle=name == "train",
            collate_fn=Collate(task.checkpoint),
        )
        for name in ("train", "validation")
    }
    counts = np.bincount(labels[task.part("train")], minlength=len(emotions))
    model = PlainClassifier(task.checkpoint, balanced_class_weights(counts)).to(task.device).train()
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=protocol.learning_rate, weight_decay=protocol.weight_decay)
    clock, seen, since = Clock(), [], now(task.device)
    stream = itertools.chain.from_iterable(itertools.repeat(loaders["train"]))
    for step, batch in enumerate(itertools.islice(stream, steps), start=1):
        seen.append((len(batch["labels"]), int(batch["attention_mask"].sum()) / task.store.sample_rate))
        model(**{name: tensor.to(task.device) for name, tensor in batch.items()})["loss"].backward()
        torch.nn.utils.clip_grad_norm_(trained, protocol.gradient_clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if step % protocol.validate_every_steps == 0:
            paused = now(task.device)
            clock.stretches_s.append(paused - since)
            clock.steps.append(len(seen))
            clock.clips.append(sum(clips for clips, _ in seen))
            clock.audio_s.append(sum(seconds for _, seconds in seen))
            seen = []
            _validate(model, loaders["validation"], task.device)
            since = now(task.device)
            clock.validations_s.append(since - paused)
    return clock


@torch.no_grad()
def _validate(model: torch.nn.Module, loader: DataLoader, device: torch.device) -> float:
    model.eval()
    hits = 0
    for batch in loader:
        told = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        hits += int((told["logits"].argmax(-1).cpu() == batch["labels"]).sum())
    model.train()
    return hits / len(loader.dataset)
