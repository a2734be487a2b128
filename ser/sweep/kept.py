"""Finished cells that kept their weights, opened without their corpora."""

from pathlib import Path
from typing import NamedTuple

import yaml

from ser import records
from ser.errors import ConfigError, RecordError
from ser.settings import TrainSettings


class KeptCell(NamedTuple):
    """A finished cell that kept its weights.

    Attributes:
        folder: of the cell.
        settings: that it was trained with.
        result: its record.
    """

    folder: Path
    settings: TrainSettings
    result: records.ResultRecord


def open_kept(folder: Path, key: str = "cell") -> KeptCell:
    """Return a finished cell that kept its weights.

    Args:
        folder: of the cell.
        key: that names it, for messages.

    Raises:
        ConfigError: the cell is not finished, or kept no weights.
        RecordError: its result, its configuration or its weights are damaged.
    """
    record = records.ResultRecord.read(folder)
    if record is None:
        raise ConfigError(f"{key}={folder}: not a finished cell; name a folder like multirun_sweeps/<sweep>/model=...")
    if not (folder / records.WEIGHTS).is_file() and records.WEIGHTS not in record.files:
        raise ConfigError(f"{key}={folder}: it kept no weights; train it in another sweep with keep_weights=true")
    records.check(folder, record, records.CONFIG, records.WEIGHTS)
    return KeptCell(folder, _settings(folder / records.CONFIG), record)


def _settings(path: Path) -> TrainSettings:
    try:
        return TrainSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise RecordError(path, reason, "train the cell again in another sweep (sweep=...)") from error
