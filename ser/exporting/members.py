"""The cells of an export: one, or several seeds of one configuration, whose probabilities are averaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser import records
from ser.errors import ConfigError, RecordError, UserError
from ser.fine_tuning import kept_network
from ser.metrics import classification, regression
from ser.metrics.calibration import probabilities
from ser.models.checkpoint import fingerprint
from ser.models.classifier import EmotionClassifier
from ser.models.lora import merged
from ser.schema import DIMENSIONS
from ser.settings import TrainSettings
from ser.sweep.kept import KeptCell, open_kept

LOGIT, PREDICTED = "logit_", "predicted_"
OF_A_SEED = ("seed", "split_", "corpus_content", "checkpoint")
"""How the parameters begin that may differ between the members of an ensemble."""


@dataclass(frozen=True)
class Members:
    """Cells of one configuration.

    Attributes:
        cells: at least one.
        labels: of their outputs.
    """

    cells: list[KeptCell]
    labels: list[str]

    @property
    def settings(self) -> TrainSettings:
        """The settings of the first, which the others share but for the seed."""
        return self.cells[0].settings

    @property
    def values(self) -> bool:
        """Whether the outputs are values of dimensions."""
        return self.settings.task.name == "dimensions"

    def networks(self) -> list[EmotionClassifier]:
        """Return the networks with the weights that were scored, in evaluation mode; adapters (LoRA) are merged.

        Raises:
            CheckpointError: the checkpoint cannot be loaded.
        """
        networks = [kept_network(cell.settings, cell.folder, len(self.labels)).eval() for cell in self.cells]
        for network in networks:
            network.encoder = merged(network.encoder).eval()
        return networks

    def predictions(self) -> dict[str, pd.DataFrame]:
        """Return test set -> predictions, of clips that no member was trained on."""
        names = [set(_predictions(cell)) for cell in self.cells]
        return {name: self._joined(name) for name in sorted(set.intersection(*names))}

    def scores(self) -> pd.DataFrame:
        """Return the scores of all test sets: dataset, group, metric, value."""
        parts = [
            (regression if self.values else classification).scores(table).assign(dataset=name)
            for name, table in self.predictions().items()
            if len(table) > 1
        ]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["group", "metric", "value"])

    def _joined(self, name: str) -> pd.DataFrame:
        tables = [pd.read_parquet(_predictions(cell)[name]) for cell in self.cells]
        if len(tables) == 1:
            return tables[0]
        common = set.intersection(*(set(table["path"]) for table in tables))
        tables = [table[table["path"].isin(common)].sort_values("path") for table in tables]
        columns = [f"{PREDICTED if self.values else LOGIT}{label}" for label in self.labels]
        outputs = [table[columns].to_numpy(float) for table in tables]
        clips = tables[0].drop(columns=[*columns, *([] if self.values else ["predicted"])])
        if self.values:
            return regression.predictions(clips, np.mean(outputs, axis=0))
        if clips.empty:
            return tables[0]
        mean = np.mean([probabilities(each) for each in outputs], axis=0)
        return classification.predictions(clips, np.log(mean), tuple(self.labels))


def open_members(folders: Sequence[Path], key: str) -> Members:
    """Return the cells of an export.

    Args:
        folders: of the cells.
        key: that names them, for messages.

    Raises:
        ConfigError: a cell is not finished or kept no weights, or the cells differ in more than their seed.
        RecordError: a file of theirs is damaged.
        UserError: the checkpoint has changed since training.
    """
    cells = [open_kept(folder, key) for folder in folders]
    for cell in cells:
        checkpoint, before = cell.settings.checkpoint, cell.result.parameters.get("checkpoint_content")
        if before is not None and fingerprint(checkpoint) != before:
            raise UserError(f"{cell.folder}: checkpoint {checkpoint} has changed since training; put back what it was")
        different = _differences(cells[0], cell)
        if different:
            raise ConfigError(f"{key}: {cells[0].folder} and {cell.folder} differ in more than their seed: {different}")
    labels = [_labels(cell) for cell in cells]
    for cell, found in zip(cells, labels, strict=True):
        if found != labels[0]:
            raise ConfigError(f"{key}: {cells[0].folder} and {cell.folder} were trained on different emotions")
    return Members(cells, labels[0])


def _differences(one: KeptCell, other: KeptCell) -> str:
    def compared(cell: KeptCell) -> dict[str, Any]:
        parameters = {key: value for key, value in cell.result.parameters.items() if not key.startswith(OF_A_SEED)}
        return parameters | {"checkpoint_content": cell.result.parameters.get("checkpoint_content")}

    before, after = compared(one), compared(other)
    return ", ".join(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))


def _labels(cell: KeptCell) -> list[str]:
    if cell.settings.task.name == "dimensions":
        return [*DIMENSIONS]
    table = pd.read_parquet(next(iter(_predictions(cell).values())))
    return [str(name).removeprefix(LOGIT) for name in table.columns if str(name).startswith(LOGIT)]


def _predictions(cell: KeptCell) -> dict[str, Path]:
    """Return test set -> file, after comparing it with its hash.

    Raises:
        RecordError: one is damaged, or there are none.
    """
    paths = records.predictions(cell.folder, cell.result)
    if not paths:
        raise RecordError(cell.folder, "it has no predictions", "train the cell again in another sweep")
    records.check(cell.folder, cell.result, *(path.name for path in paths))
    return {path.stem.removeprefix(records.PREDICTIONS): path for path in paths}
