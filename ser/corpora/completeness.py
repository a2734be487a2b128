"""What is unusual about a corpus as it lies on disk: training uses it and says so, in the result too."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from ser.corpora.files import recordings_in

SHOWN: Final = 3
MEANT: Final = {
    "path": ("file", "filename", "wav"),
    "speaker": ("actor", "speaker_id", "spk"),
    "gender": ("sex",),
    "language": ("lang",),
    "text": ("transcript", "transcription"),
    "split": ("partition", "subset", "set"),
    "start_s": ("start", "begin", "onset", "start_time"),
    "end_s": ("end", "stop", "offset", "end_time"),
}
"""A column that is read -> names that other tables have for it."""


def completeness(paths: Iterable[str], module: Any, root: Path) -> tuple[str, ...]:
    """Return what distinguishes a corpus from the published one, in sentences: its clips, and recordings not read.

    Nothing is said of a corpus of which the published number of clips is not known, such as a table of your own.

    Args:
        paths: of the clips that were read.
        module: its reader.
        root: its folder.
    """
    if not module.CLIPS:
        return ()
    read, notes = set(paths), []
    if len(read) != module.CLIPS:
        notes.append(f"{len(read)} clips, where {module.CLIPS} are published: is it a part, or another version?")
    unread = [path for path in recordings_in(root) if path not in read]
    if unread:
        notes.append(f"{len(unread)} recordings in its folder are not read: {few(unread)}")
    return tuple(notes)


def unread_columns(columns: Iterable[str]) -> tuple[str, ...]:
    """Return a note on columns of a table that are not read but look as if they were meant to be.

    >>> print(*unread_columns(["path", "speaker", "Start", "sex", "room"]))
    columns that are not read: Start, sex; if they are meant, name them: columns={start_s: Start, gender: sex}
    """
    present = set(columns)
    meant = {name: ours for ours, names in MEANT.items() if ours not in present for name in (ours, *names)}
    found = {column: meant[key] for column in columns if (key := column.lower().replace(" ", "_")) in meant}
    if not found:
        return ()
    pairs = ", ".join(f"{ours}: {column}" for column, ours in found.items())
    return (f"columns that are not read: {', '.join(found)}; if they are meant, name them: columns={{{pairs}}}",)


def with_one_spelling(clips: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the clips with one spelling for each speaker, and a note on those that have several.

    Names that differ in case, in blanks or in the Unicode form of their accents are one speaker, so that nobody is in
    two parts of a split.

    >>> table = pd.DataFrame({"speaker": ["Anna", "anna", "Bea"]})
    >>> with_one_spelling(table)[0]["speaker"].tolist()
    ['Anna', 'Anna', 'Bea']
    """
    names = pd.Series(sorted(clips["speaker"].unique()), dtype="str")
    groups = [group.tolist() for _, group in names.groupby(names.map(_folded))]
    several = [group for group in groups if len(group) > 1]
    if not several:
        return clips, ()
    first = {name: group[0] for group in several for name in group}
    listed = few([" = ".join(name if name.isascii() else ascii(name) for name in group) for group in several])
    note = f"{len(several)} speaker(s) are written in several ways, and are one each: {listed}"
    return clips.assign(speaker=clips["speaker"].replace(first)), (note,)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def few(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
