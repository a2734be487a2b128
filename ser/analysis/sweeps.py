"""The tables of sweeps from the files of their cells, read in several processes."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path

import pandas as pd

from ser.analysis.helpers import HELPERS
from ser.tables import SweepTables, read_folders


def read_sweeps(folders: Sequence[Path], metric: str, helpers: Executor) -> tuple[SweepTables, pd.DataFrame | None]:
    """Return the tables of sweeps, and the speaker scores where there are predictions.

    Args:
        folders: of the sweeps.
        metric: of the speaker scores.
        helpers: processes that read predictions meanwhile.

    Raises:
        ScoresError: a folder is not there, has no finished cell, or a file cannot be read.
        RecordError: a file is damaged.
    """
    parts = start_reading(folders, metric, helpers)
    return read_folders(folders), joined(parts)


def start_reading(folders: Sequence[Path], metric: str, helpers: Executor) -> list[Future[pd.DataFrame]]:
    """Start to read the speaker scores of all finished cells."""
    cells = [path.parent for folder in folders for path in sorted(folder.glob("*/result.json"))]
    parts = [cells[first::HELPERS] for first in range(HELPERS)]
    return [helpers.submit(_read_predictions, part, metric) for part in parts if part]


def joined(parts: Sequence[Future[pd.DataFrame]]) -> pd.DataFrame | None:
    """Wait for `start_reading`, and return the speaker scores; None where there are none."""
    from ser.analysis.claims.files import join

    return join([part.result() for part in parts])


def _read_predictions(cells: Sequence[Path], metric: str) -> pd.DataFrame:
    from ser.analysis.claims.files import read_cells

    return read_cells(cells, metric)
