"""A cell of a sweep before it runs: its settings, its folder, what it is, and whether it must be run."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser import records
from ser.errors import ConfigError, RecordError
from ser.settings import TrainSettings
from ser.sweep.identity import describe, differences
from ser.sweep.names import cell_factors, cell_folder


@dataclass(frozen=True, eq=False)
class GridCell:
    """A cell of a grid, described once however often it is asked about.

    Attributes:
        overrides: that compose it, for Hydra's launchers.
        settings: of the cell.
    """

    overrides: Sequence[str]
    settings: TrainSettings

    @functools.cached_property
    def folder(self) -> Path:
        """The folder that the cell has to itself."""
        return cell_folder(self.settings)

    @functools.cached_property
    def factors(self) -> records.Factors:
        """What tells the cell from the others of its sweep."""
        return cell_factors(self.settings)

    @functools.cached_property
    def description(self) -> records.CellRecord:
        """What the cell is, with its signature; no corpus is opened for it."""
        return describe(self.settings)


def needed(cell: GridCell, mine: bool = False) -> bool:
    """Return whether a cell must be run: it is not finished, or not with this configuration and may be run anew.

    A cell that failed and left no checkpoint holds nothing of its configuration, which may be fixed; nor does one
    whose records cannot be read. Any other that was started with another configuration is only run anew if `on_change`
    is `rerun`, and never while a process runs it.

    Args:
        cell: that is asked about.
        mine: this process holds the cell.

    Raises:
        ConfigError: it was started with another configuration; the message names what differs.
        RecordError: a record is of a later version, or may not be read.
    """
    folder, settings = cell.folder, cell.settings
    result = records.ending(folder)
    if isinstance(result, records.ResultRecord) and result.signature == cell.description.signature:
        return False
    for error in records.damage(folder):
        if not error.damaged:
            raise error
    try:
        before = records.description(folder)
    except RecordError:
        return True
    if before is None:
        return True
    if before.signature == cell.description.signature:
        return True
    state = records.state(folder, mine=mine)
    if state == "running":
        remedy = "wait for its end, or give the sweep another name (sweep=...)"
    elif settings.on_change == "rerun" or (
        state in ("failed", "damaged") and not (folder / records.CHECKPOINT).is_file()
    ):
        return True
    else:
        remedy = "give the sweep another name (sweep=...), or run such cells anew with on_change=rerun"
    different = differences(before, cell.description)
    raise ConfigError(f"{folder} is {state} with another configuration:\n         {different}\n       {remedy}")


def state(cell: GridCell) -> records.State:
    """Return the state of a cell; one that is finished with another configuration has `changed`."""
    found = records.state(cell.folder)
    return records.state(cell.folder, cell.description.signature) if found == "finished" else found
