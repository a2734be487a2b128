"""Download a corpus into its folder, which exists complete or not at all, even after interruptions."""

import os
import shutil
from pathlib import Path
from typing import Final

from filelock import FileLock

from ser.errors import CorpusError, UserError
from ser.fetch.archive import unpack
from ser.fetch.download import download

FOLDER: Final = ".downloads"
"""Folder beside the corpora for partial downloads and kept archives."""
CONTENT: Final = "content"
MARKER: Final = "unpacked-by-ser"
"""File in a folder that is being unpacked; what a killed process leaves is removed only with it."""
MOST_FILES: Final = 1_000_000


def fetch(url: str, md5: str, root: Path, layout: str, most_bytes: int, page: str, keep: bool = False) -> None:
    """Download an archive, verify it, unpack it beside `root` and rename the folder to `root`.

    Several processes may call this at once: one downloads, the others wait. A killed process leaves its partial
    download, and the next one resumes it.

    Args:
        url: address of the archive.
        md5: checksum of the archive, 32 hexadecimal digits.
        root: folder of the corpus; nothing is done if it exists and is not empty.
        layout: glob that matches in the root of the corpus, which may be a subfolder of the archive.
        most_bytes: largest size of the archive, and of its unpacked content.
        page: web page of the corpus, for messages.
        keep: keep the archive after unpacking.

    Raises:
        CorpusError: the download fails, the checksum differs, or the archive does not hold the corpus.
        UserError: the folder cannot be written, or holds a folder of another origin where the archive is unpacked.
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
            _remove(partial)  # left by a killed process; this one holds the lock
            download(url, archive, md5, most_bytes, remedy)
            partial.mkdir()
            try:
                (partial / MARKER).touch()
                unpack(archive, partial / CONTENT, most_bytes, MOST_FILES)
                _find_root(partial / CONTENT, layout, archive).rename(root)
            finally:
                _remove(partial)
            if not keep:
                archive.unlink()
    except OSError as error:
        raise UserError(
            f"{root}: cannot be written ({error}); free some space there, or choose another folder"
        ) from error


def _remove(partial: Path) -> None:
    """Remove a folder that this program was unpacking.

    Raises:
        UserError: it is another folder.
    """
    if not os.path.lexists(partial):
        return
    ours = partial.is_dir() and not partial.is_symlink()
    if not ours or (any(partial.iterdir()) and not (partial / MARKER).is_file()):
        raise UserError(f"{partial} was not made by this program (no {MARKER} in it); move it elsewhere")
    if (partial / CONTENT).exists():
        shutil.rmtree(partial / CONTENT)  # before the marker
    shutil.rmtree(partial)


def _find_root(folder: Path, layout: str, archive: Path) -> Path:
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if next(root.glob(layout), None) is not None:
            return root
    raise CorpusError(f"{archive}: no {layout} in it, so it is not the corpus; report it to the owners of the corpus")
