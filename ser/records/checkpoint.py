"""The checkpoint of a cell that is not finished: a damaged one is not resumed from."""

import logging
from pathlib import Path

from ser.records import files

CHECKPOINT = "last.ckpt"
HALF_CHECKPOINT = "last.part"
_SUFFIX = ".digests"
DIGESTS = f"last{_SUFFIX}"
"""The file with a hash of the checkpoint, and of the one before it: either may be there when a process is killed."""

log = logging.getLogger(__name__)


def keep_checkpoint(path: Path) -> None:
    """Put the half-written checkpoint beside a path in its place, when it is on the disk."""
    half_written = path.with_name(HALF_CHECKPOINT)
    files.sync(half_written)
    digests = [*_digests(path)[-1:], files.digest(half_written)]
    files.write(path.with_suffix(_SUFFIX), "\n".join(digests))
    half_written.replace(path)
    files.sync(path.parent)


def resumable(folder: Path) -> bool:
    """Return whether a folder has a checkpoint that is whole; a damaged one is set aside, and named in a warning."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return False
    if files.digest(path) in _digests(path):
        return True
    log.warning("%s is damaged: it is kept as %s, and training starts anew", path, files.set_aside(path).name)
    return False


def drop_checkpoints(folder: Path) -> None:
    """Remove what only a cell that is not finished needs; one that was killed as it ended may have left it."""
    for name in (CHECKPOINT, HALF_CHECKPOINT, DIGESTS):
        (folder / name).unlink(missing_ok=True)


def _digests(path: Path) -> list[str]:
    digests = path.with_suffix(_SUFFIX)
    return digests.read_bytes().decode("ascii", "replace").split() if digests.is_file() else []
