"""A record as a file: how it is written and read, whatever is in it.

Every file has the number of its format and a checksum of its content, so that a damaged one is named instead of read.
Files of before format 1 have neither, and are read as they are. What a later version adds to a record is passed over.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ser.errors import RecordError
from ser.records import files

FORMAT = 1
"""Raised whenever a file of before cannot be read as one of now."""


class Part(BaseModel):
    """A part of a record."""

    model_config = ConfigDict(frozen=True)


class Record(Part):
    """A record that is a file of its own.

    Attributes:
        FILE: its name.
        REMEDY: what to do about one that cannot be read.
    """

    FILE: ClassVar[str]
    REMEDY: ClassVar[str]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the record of a folder, or None where there is none.

        Raises:
            RecordError: it cannot be read, is damaged, or was written by a later version.
        """
        path = folder / cls.FILE
        try:
            content = json.loads(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RecordError(path, str(error.strerror), "check its rights", damaged=False) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"no JSON ({error})", cls.REMEDY) from error
        if not isinstance(content, dict):
            raise RecordError(path, "no record", cls.REMEDY)
        found = content.get("format", FORMAT)
        if isinstance(found, int) and found > FORMAT:
            later = f"format {found}, where this version reads {FORMAT}"
            raise RecordError(path, later, "update ser, or choose another folder", damaged=False)
        checksum = content.pop("checksum", None)
        if ("format" in content or checksum is not None) and checksum != _checksum(content):
            raise RecordError(path, "its content does not match its checksum", cls.REMEDY)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise RecordError(path, reason, cls.REMEDY) from error

    def write(self, folder: Path) -> None:
        """Write the record into a folder, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        content = {"format": FORMAT} | self.model_dump()
        files.write(folder / self.FILE, json.dumps(content | {"checksum": _checksum(content)}, indent=1))


def _checksum(content: dict[str, Any]) -> str:
    """Return a hash of a record's content, whatever the order and the layout of its keys."""
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
