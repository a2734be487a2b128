"""Download a corpus into its folder, which exists complete or not at all, even after interruptions."""

import shutil
from pathlib import Path
from typing import Final

from filelock import FileLock

from ser.errors import CorpusError, UserError
from ser.fetch.archive import unpack
from ser.fetch.download import download

FOLDER: Final = ".downloads"
"""Folder beside the corpora for partial downloads and kept archives."""
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
        UserError: the folder cannot be written.
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
            shutil.rmtree(partial, ignore_errors=True)  # left by a killed process; this one holds the lock
            download(url, archive, md5, most_bytes, remedy)
            try:
                unpack(archive, partial, most_bytes, MOST_FILES)
                _find_root(partial, layout, archive).rename(root)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            if not keep:
                archive.unlink()
    except OSError as error:
        raise UserError(
            f"{root}: cannot be written ({error}); free some space there, or choose another folder"
        ) from error


def _find_root(folder: Path, layout: str, archive: Path) -> Path:
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if next(root.glob(layout), None) is not None:
            return root
    raise CorpusError(f"{archive}: no {layout} in it, so it is not the corpus; report it to the owners of the corpus")
