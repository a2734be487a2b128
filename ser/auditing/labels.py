"""What is wrong with labels, speakers and the folder that they lie in."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ser.auditing.findings import Examined, Finding, paths
from ser.corpora import reader_module
from ser.schema import EMOTIONS

IMBALANCE: Final = 3.0
FEW_CLIPS: Final = 3
AUDIO: Final = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".m4a", ".opus")
TABLES: Final = (".txt", ".csv", ".tsv")
MOST_FILES: Final = 200_000
"""Of a folder that are looked at for what no label names."""


def whole(examined: Examined) -> Iterator[Finding]:
    """Whether all of the corpus is there, and what was left out."""
    corpus = examined.corpus
    published = reader_module(corpus.reader).CLIPS
    there = len(corpus.clips) + sum(corpus.dropped.values())
    if published and there != published:
        message = f"{there} clips, where {published} are published: is it a part, or another version?"
        yield Finding("warning", corpus.name, "completeness", message)
    if corpus.dropped:
        told = ", ".join(f"{label} ({count})" for label, count in corpus.dropped.items())
        yield Finding("note", corpus.name, "labels", f"left out, outside the vocabulary: {told}")


def emotions(examined: Examined) -> Iterator[Finding]:
    """Which emotions there are, and how even."""
    counts = examined.clips["emotion"].value_counts()
    missing = [emotion for emotion in EMOTIONS if emotion not in counts]
    if missing:
        yield Finding("note", examined.name, "emotions", f"none of {', '.join(missing)}")
    if counts.max() > IMBALANCE * counts.min():
        most, least = f"{counts.idxmax()} has {counts.max()}", f"{counts.idxmin()} {counts.min()}"
        message = f"{most} clips and {least}: look at UAR, not at accuracy"
        yield Finding("warning", examined.name, "emotions", message)


def speakers(examined: Examined) -> Iterator[Finding]:
    """Speakers who are two persons, two spellings, or a giveaway."""
    clips = examined.clips
    by_speaker = clips.groupby("speaker")
    torn = by_speaker["gender"].nunique()
    if (torn > 1).any():
        names = list(torn.index[torn > 1])
        message = f"{len(names)} speaker(s) of several genders: {', '.join(names[:3])}"
        yield Finding("error", examined.name, "speakers", message, paths(clips[clips["speaker"].isin(names)]))
    spelled = by_speaker.size().index.to_series()
    alike = spelled.groupby(spelled.str.casefold().str.replace(r"\W|_", "", regex=True)).agg(list)
    doubled = [names for names in alike if len(names) > 1]
    if doubled:
        told = ", ".join("/".join(names) for names in doubled[:3])
        message = f"{len(doubled)} speaker(s) are spelled in several ways: {told}"
        yield Finding("error", examined.name, "speakers", message)
    few = by_speaker.size()
    if (few < FEW_CLIPS).any():
        message = f"{(few < FEW_CLIPS).sum()} of {len(few)} speakers have fewer than {FEW_CLIPS} clips"
        yield Finding("note", examined.name, "speakers", message)
    single = by_speaker["emotion"].nunique() == 1
    if single.any() and clips["emotion"].nunique() > 1:
        message = f"{single.sum()} of {len(single)} speakers have one emotion alone: a voice gives the emotion away"
        yield Finding("warning" if single.mean() > 0.2 else "note", examined.name, "speakers", message)
    if len(few) < 3:
        message = f"{len(few)} speaker(s): too few for train, validation and test without a speaker in two"
        yield Finding("note", examined.name, "speakers", message)


def genders(examined: Examined) -> Iterator[Finding]:
    """Whether scores by gender can be had."""
    speakers_of = examined.clips.groupby("gender")["speaker"].nunique()
    told = ", ".join(f"{count} {gender}" for gender, count in speakers_of.items())
    if "unknown" in speakers_of:
        yield Finding("note", examined.name, "genders", f"not all are known: {told} speakers")
    elif len(speakers_of) == 1:
        yield Finding("note", examined.name, "genders", f"of one gender alone: {told} speakers")


def folder(examined: Examined) -> Iterator[Finding]:
    """Recordings that no label names, and tables that are not in UTF-8."""
    corpus = examined.corpus
    named = set(corpus.clips["path"])
    unnamed, unreadable = [], []
    for path in _files(corpus.root):
        relative = path.relative_to(corpus.root).as_posix()
        if path.suffix.lower() in AUDIO and relative not in named:
            unnamed.append(relative)
        elif path.suffix.lower() in TABLES and not _is_utf8(path):
            unreadable.append(relative)
    surplus = len(unnamed) - sum(corpus.dropped.values())
    if surplus > 0:
        message = f"{surplus} recordings in the folder have no label, beside those left out"
        yield Finding("warning", corpus.name, "folder", message, tuple(sorted(unnamed)[:100]))
    if unreadable:
        message = f"not in UTF-8: {', '.join(sorted(unreadable)[:3])}; read with another encoding, such as latin-1"
        yield Finding("note", corpus.name, "folder", message)


CHECKS: Final = (whole, emotions, speakers, genders, folder)


def _files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, hidden ones and links to folders passed over."""
    count = 0
    for above, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            if name[0] != "." and count < MOST_FILES:
                count += 1
                yield Path(above, name)


def _is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # that it cannot be read is told by whoever needs it
    return True
