"""From an address to the folder of a corpus, which is there whole or not at all, however often it is interrupted."""

import shutil
from pathlib import Path
from typing import Final

from filelock import FileLock

from ser.errors import CorpusError, UserError
from ser.fetch.archive import unpack
from ser.fetch.download import download

FOLDER: Final = ".downloads"
"""Beside the corpora: what is being fetched, and archives that are kept."""
MOST_FILES: Final = 1_000_000


def fetch(url: str, md5: str, root: Path, layout: str, most_bytes: int, page: str, keep: bool = False) -> None:
    """Download an archive, verify it, unpack it beside and rename it to `root`.

    Any number of processes may ask at once: one fetches, the others wait. A process that is killed leaves what it has
    downloaded, and the next goes on there.

    Args:
        url: of the archive.
        md5: of the archive.
        root: the folder to come; where it is there already, nothing is done.
        layout: a glob of what the root of the corpus holds; the archive may have it in a folder of its own.
        most_bytes: of the archive, and of all that is in it.
        page: where a person gets the corpus.
        keep: the archive, after it is unpacked.

    Raises:
        CorpusError: it cannot be fetched, is not what it should be, or holds no such corpus.
        UserError: it cannot be written.
    """
    downloads = root.parent / FOLDER
    archive = downloads / f"{md5}.zip"
    partial = downloads / f"{root.name}.partial"
    remedy = f"get it from {page} and unpack it into {root}"
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with FileLock(downloads / f"{root.name}.lock"):
            if root.is_dir() and any(root.iterdir()):
                return
            shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed: whoever holds the lock is alone
            download(url, archive, md5, most_bytes, remedy)
            try:
                unpack(archive, partial, most_bytes, MOST_FILES)
                _root_in(partial, layout, archive).rename(root)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            if not keep:
                archive.unlink()
    except OSError as error:
        raise UserError(
            f"{root}: cannot be written ({error}); free some space there, or name another folder"
        ) from error


def _root_in(folder: Path, layout: str, archive: Path) -> Path:
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if next(root.glob(layout), None) is not None:
            return root
    raise CorpusError(f"{archive}: no {layout} in it, so it is not the corpus; tell the owners of the corpus")
