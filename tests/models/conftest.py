import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from ser.command import config_folder
from ser.settings import NumericsSettings, TrainerSettings, TrainingSettings


@pytest.fixture
def protocol() -> Callable[..., TrainingSettings]:
    """Give a function that makes a protocol like the paper's, with a validation every other step."""

    def make(**changed: object) -> TrainingSettings:
        return TrainingSettings(**_read("training/paper") | {"validate_every_steps": 2} | changed)

    return make


@pytest.fixture
def numerics() -> Callable[..., NumericsSettings]:
    """Give a function that makes the settings of the arithmetic, the fast ones."""

    def make(**changed: object) -> NumericsSettings:
        return NumericsSettings(**_read("numerics/fast") | changed)

    return make


@pytest.fixture
def trainer_settings() -> TrainerSettings:
    """Give the settings of a cell on the CPU."""
    return TrainerSettings(**_read("trainer/auto") | {"accelerator": "cpu"})


def _read(name: str) -> dict[str, object]:
    return yaml.safe_load((config_folder() / f"{name}.yaml").read_text())


@pytest.fixture
def copied(tiny_checkpoint, tmp_path) -> Callable[..., Path]:
    """Give a function that makes a tiny encoder like `tiny_checkpoint` in a folder of the test's own."""

    def copy(*arguments: str) -> Path:
        return shutil.copytree(tiny_checkpoint(*arguments), tmp_path / "checkpoint")

    return copy


class Thermometer(nn.Module):
    """Stands for an encoder: one frame a clip, the mean of its samples and its length."""

    width = 2

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        frame = torch.stack([inputs.mean(dim=1), lengths.float()], dim=1) * self.scale
        return frame[:, None], torch.ones(len(lengths), 1, dtype=torch.bool)


@pytest.fixture
def thermometer() -> Thermometer:
    return Thermometer()
