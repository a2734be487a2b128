"""The clock of a training: stretches between validations, the validations, and what was trained on."""

import time
from dataclasses import dataclass, field

import numpy as np
import torch

from ser.data.batches import Batch
from ser.models.recogniser import EmotionRecogniser


def now(device: torch.device) -> float:
    """Return the time when all that the device was given is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def peak_memory_gb() -> dict[str, float]:
    """Return the most GPU memory that this process has allocated, in 10^9 bytes; nothing on a CPU."""
    if not torch.cuda.is_available():
        return {}
    return {"peak_memory_GB": torch.cuda.max_memory_allocated() / 1e9}


@dataclass
class Clock:
    """Seconds of stretches of training and of validations, and what was trained on in each stretch."""

    stretches_s: list[float] = field(default_factory=list)
    validations_s: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    clips: list[int] = field(default_factory=list)
    audio_s: list[float] = field(default_factory=list)

    def stretch(self, seconds: float, clips: list[int], audio_s: float) -> None:
        """Count a stretch: its seconds, the clips of each step, and their audio."""
        self.stretches_s.append(seconds)
        self.steps.append(len(clips))
        self.clips.append(sum(clips))
        self.audio_s.append(audio_s)

    def row(self, skip: int = 1) -> dict[str, float]:
        """Return the figures of a training, without the first stretches and validations, which warm up."""
        seconds, steps = sum(self.stretches_s[skip:]), sum(self.steps[skip:])
        return {
            "step_ms": 1000 * seconds / steps,
            "validation_s": float(np.median(self.validations_s[skip:] or self.validations_s)),
            "clips_per_s": sum(self.clips[skip:]) / seconds,
            "audio_s_per_s": sum(self.audio_s[skip:]) / seconds,
        }

    @property
    def warm_up_s(self) -> float:
        """Seconds that the first stretch and the first validation take longer than the others."""
        stretches, validations = self.stretches_s, self.validations_s
        return float(stretches[0] - np.median(stretches[1:]) + validations[0] - np.median(validations[1:]))


class Timed(EmotionRecogniser):
    """Looks at the clock where training stops to validate and where it goes on."""

    seconds_per_frame = 0.02

    def on_fit_start(self) -> None:
        """Make a clock."""
        self.clock = Clock()
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
        frames = sum(float(lengths) for _, lengths in self.seen)
        if self.seen:
            self.clock.stretch(
                self.paused - self.since, [clips for clips, _ in self.seen], frames * self.seconds_per_frame
            )
        self.seen = []

    def on_validation_end(self) -> None:
        """Start the next stretch."""
        self.since = now(self.device)
        self.clock.validations_s.append(self.since - self.paused)
