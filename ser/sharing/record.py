"""What an archive of a sweep says of itself: its sweep, the choices of its report, and a checksum of every member."""

import re
from pathlib import Path
from typing import Any, Final

from pydantic import Field, field_validator

from ser.records import Record

CELLS: Final = "sweep"
"""Folder of the cells' files."""
REPORT: Final = "report"
"""Folder of the report that was made of them."""
MEMBERS: Final = re.compile(
    r"archive\.json|README\.md|LICENCES\.csv|environment\.txt|ro-crate-metadata\.json|\.zenodo\.json"
    rf"|{CELLS}/grid\.json"
    rf"|{CELLS}/[^/]+/(?:cell|result|failure)\.json|{CELLS}/[^/]+/(?:curves\.jsonl|\.hydra/config\.yaml)"
    rf"|{CELLS}/[^/]+/predictions_[^/]+\.parquet"
    rf"|{REPORT}/[^/]+\.(?:csv|tex|md|html|png|svg|pdf|json)"
)
"""The files that an archive may have: records, tables, text and pictures; no audio, no weights, nothing that runs."""


class ArchiveRecord(Record):
    """The first member of an archive.

    Attributes:
        sweep: name of the sweep.
        version: of the program that wrote the archive.
        settings: of the report, by the keys of `ser.analyze`.
        files: member -> SHA-256 of its content, all but this one.
    """

    FILE = "archive.json"
    REMEDY = "get the archive again from whoever made it"

    sweep: str = Field(min_length=1)
    version: str
    settings: dict[str, Any]
    files: dict[str, str]

    @field_validator("files")
    @classmethod
    def _known_kinds(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if not MEMBERS.fullmatch(name):
                raise ValueError(f"'{name}' is no file of an archive of ser.archive")
        return files


def members(folder: Path) -> list[str]:
    """Return the names of all files below a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
