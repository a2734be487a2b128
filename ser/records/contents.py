"""The files of a finished cell beside its records: a damaged one is named, and not read.

Their hashes are in the result, which is written after all of them are on the disk.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ser.errors import RecordError
from ser.records import files
from ser.records.formats import ResultRecord

CONFIG = ".hydra/config.yaml"
WEIGHTS = "weights.safetensors"
PREDICTIONS = "predictions_"
"""How the files begin that hold predictions, one a test set."""
REMEDY = "remove the folder of the cell, and call ser.train again: it runs the cell anew"


def digests(folder: Path) -> dict[str, str]:
    """Return name -> hash of the files of a cell that are read again: its configuration, weights and predictions."""
    paths = [folder / CONFIG, folder / WEIGHTS, *sorted(folder.glob(f"{PREDICTIONS}*.parquet"))]
    return {str(path.relative_to(folder)): files.digest(path) for path in paths if path.is_file()}


def predictions(folder: Path, result: ResultRecord) -> list[Path]:
    """Return the files of predictions that a finished cell has, or had."""
    names = {path.name for path in folder.glob(f"{PREDICTIONS}*.parquet")}
    return [folder / name for name in sorted(names | {name for name in result.files if name.startswith(PREDICTIONS)})]


def altered(folder: Path, result: ResultRecord, names: Iterable[str]) -> Iterator[RecordError]:
    """Yield what is wrong with files of a finished cell; cells of earlier versions have no hashes to compare with."""
    for name in names:
        path, expected = folder / name, result.files.get(name)
        try:
            if expected is None or files.digest(path) == expected:
                continue
            reason = "its content does not match the hash in the result"
        except OSError as error:
            reason = str(error.strerror)
        yield RecordError(path, reason, REMEDY)


def check(folder: Path, result: ResultRecord, *names: str) -> None:
    """Compare files of a finished cell with the hashes in its result.

    Raises:
        RecordError: one is damaged, or is not there any more.
    """
    for error in altered(folder, result, names):
        raise error
