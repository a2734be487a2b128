"""The output folder of a command: a marker with checksums tells the command's own files from those of the user.

Files of an earlier call are replaced only if the marker lists them and their content is still the one that was
written. All else is refused before anything is changed: a file of another origin, one that was edited, a link, or a
marker that names anything but files of its folder.
"""

import contextlib
import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from filelock import FileLock
from pydantic import Field, field_validator

from ser.errors import UserError
from ser.records.files import TEMPORARY, writing_to
from ser.records.record import Record

LOCK = ".output.lock"
REMEDY = "another folder: output=<folder>"


class OutputRecord(Record):
    """The marker of an output folder.

    Attributes:
        command: that wrote the files.
        files: name -> SHA-256 of its content.
        earlier: files that a call which was killed was replacing.
    """

    FILE = "output.json"
    REMEDY = f"nothing in the folder is replaced; remove it, or name {REMEDY}"

    command: str
    files: dict[str, str]
    earlier: dict[str, str] = Field(default_factory=dict)

    @field_validator("files", "earlier")
    @classmethod
    def _plain_names(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if name in ("", ".", "..", cls.FILE) or "/" in name or "\\" in name or "\0" in name:
                raise ValueError(f"'{name}' is not the name of a file in the folder")
        return files


@contextlib.contextmanager
def output(folder: Path, command: str, names: Collection[str] = (), last: str = "") -> Iterator[Path]:
    """Yield a temporary folder, whose files replace those of the command's last call in `folder`.

    If the block fails, nothing is changed. Other files in the folder stay as they are.

    Args:
        folder: created if missing.
        command: name of the command; it replaces no files of another one.
        names: files that will be written, so that they are refused before the work and not after it.
        last: the file that is put in place last.

    Raises:
        UserError: a file that would be replaced or removed is not the command's own, or was changed since; or the
            folder cannot be written.
        RecordError: the marker is damaged.
    """
    with writing_to(folder, "output"):
        target = _resolved(folder)
        _check(target, command, names)
        new = not target.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=TEMPORARY, dir=target.parent if new else target, ignore_cleanup_errors=True
        ) as beside:
            staged = Path(beside, "new")
            staged.mkdir()
            yield staged
            files = {path.name: digest(path) for path in sorted(staged.iterdir())}
            if new and not os.path.lexists(target):
                OutputRecord(command=command, files=files).write(staged)
                staged.rename(target)
            else:
                _replace(staged, target, command, files, last)


def update_file(path: Path, text: str, command: str) -> None:
    """Write a file into a folder that others share, under the rule of `output`; other files stay as they are.

    Raises:
        UserError, RecordError: as `output`.
    """
    folder = _resolved(path.parent)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK), tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as beside:
        staged = Path(beside, path.name)
        staged.write_text(text, encoding="utf-8")
        record = _check(folder, command, [path.name], others=False)
        before = record.files if record else {}
        files = before | {path.name: digest(staged)}
        earlier = {path.name: before[path.name]} if path.name in before else {}
        OutputRecord(command=command, files=files, earlier=earlier).write(folder)
        staged.replace(folder / path.name)
        OutputRecord(command=command, files=files).write(folder)


def check_output(folder: Path, command: str, names: Collection[str] = (), others: bool = True) -> None:
    """Check that a command can and may write files with these names into a folder; nothing is changed.

    Args:
        folder: of the output.
        command: name of the command.
        names: of the files that will be written.
        others: whether the command's other files will be replaced or removed.

    Raises:
        UserError, RecordError: as `output`.
    """
    with writing_to(folder, "output"):
        target = _resolved(folder)
        _check(target, command, names, others)
        existing = next(each for each in (target, *target.parents) if each.exists())
        tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=existing).cleanup()  # whether a folder can be made there


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except RuntimeError as error:  # before Python 3.13 this is what a loop of links raises
        raise UserError(f"{folder}: its links lead in a circle; name {REMEDY}") from error


def _check(folder: Path, command: str, names: Collection[str], others: bool = True) -> OutputRecord | None:
    """Return the marker of a folder, after checking that whatever will be replaced or removed is as it was written."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name {REMEDY}")
    if (folder / OutputRecord.FILE).is_symlink():
        raise UserError(f"{folder / OutputRecord.FILE} is a link, which proves nothing; remove it, or name {REMEDY}")
    record = OutputRecord.read(folder)
    if record and record.command != command:
        raise UserError(f"{folder} holds the output of ser.{record.command}; name {REMEDY}")
    ours = record.files | record.earlier if record else {}
    for name in ours:
        if (others or name in names) and os.path.lexists(folder / name) and not _is_ours(folder / name, record):
            raise UserError(
                f"{folder / name} has changed since ser.{command} wrote it; move it elsewhere, or name {REMEDY}"
            )
    _refuse_others(folder, command, ours, names)
    return record


def _is_ours(path: Path, record: OutputRecord | None) -> bool:
    known = {files[path.name] for files in (record.files, record.earlier) if path.name in files} if record else set()
    return not path.is_symlink() and path.is_file() and digest(path) in known


def _refuse_others(folder: Path, command: str, ours: Mapping[str, str], names: Collection[str]) -> None:
    """Refuse names that other files of a folder have, also on file systems that ignore case or normalise names."""
    existing = {_folded(name): name for name in os.listdir(folder)} if folder.is_dir() else {}
    for name in names:
        other = existing.get(_folded(name))
        if other is not None and other not in ours:
            raise UserError(
                f"{folder / other} is not known to be written by ser.{command} (no {OutputRecord.FILE} lists it); move"
                f" it elsewhere, or name {REMEDY}"
            )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _replace(staged: Path, folder: Path, command: str, files: Mapping[str, str], last: str) -> None:
    """Remove the files of the last call and move the new ones in; the marker knows both meanwhile."""
    record = _check(folder, command, [*files])  # again, as the work took its time
    before = record.files | record.earlier if record else {}
    OutputRecord(command=command, files=dict(files), earlier=before).write(folder)
    for name in before:
        (folder / name).unlink(missing_ok=True)
    for name in sorted(files, key=lambda name: (name == last, name)):
        (staged / name).rename(folder / name)
    OutputRecord(command=command, files=dict(files)).write(folder)
