"""Checks of labels, speakers and the folder of a corpus."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ser.auditing.findings import Finding, MeasuredCorpus, paths
from ser.corpora import reader_module
from ser.corpora.files import AUDIO, files_in
from ser.schema import EMOTIONS

IMBALANCE: Final = 3.0
FEW_CLIPS: Final = 3
TABLES: Final = (".txt", ".csv", ".tsv")


def completeness(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report what is unusual about a corpus as training reads it, and the labels left out."""
    corpus = measured.corpus
    for note in corpus.notes:
        yield Finding("warning", corpus.name, "completeness", note)
    if corpus.dropped:
        labels = ", ".join(f"{label} ({clips})" for label, clips in corpus.dropped.items())
        yield Finding("note", corpus.name, "labels", f"left out: {labels}")


def emotions(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report missing emotions and class imbalance."""
    counts = measured.clips["emotion"].value_counts()
    missing = [emotion for emotion in EMOTIONS if emotion not in counts]
    if missing:
        yield Finding("note", measured.name, "emotions", f"none of {', '.join(missing)}")
    if counts.max() > IMBALANCE * counts.min():
        most, least = f"{counts.idxmax()} has {counts.max()}", f"{counts.idxmin()} {counts.min()}"
        message = f"{most} clips and {least}: look at UAR, not at accuracy"
        yield Finding("warning", measured.name, "emotions", message)


def speakers(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report inconsistent genders, few clips, and speakers with one emotion only."""
    clips = measured.clips
    by_speaker = clips.groupby("speaker")
    genders_of = by_speaker["gender"].nunique()
    if (genders_of > 1).any():
        names = list(genders_of.index[genders_of > 1])
        message = f"{len(names)} speaker(s) of several genders: {', '.join(names[:3])}"
        yield Finding("error", measured.name, "speakers", message, paths(clips[clips["speaker"].isin(names)]))
    few = by_speaker.size()
    if (few < FEW_CLIPS).any():
        message = f"{(few < FEW_CLIPS).sum()} of {len(few)} speakers have fewer than {FEW_CLIPS} clips"
        yield Finding("note", measured.name, "speakers", message)
    single = by_speaker["emotion"].nunique() == 1
    if single.any() and clips["emotion"].nunique() > 1:
        message = f"{single.sum()} of {len(single)} speakers have one emotion only: the voice predicts the label"
        yield Finding("warning" if single.mean() > 0.2 else "note", measured.name, "speakers", message)
    if len(few) < 3:
        message = f"{len(few)} speaker(s): too few for train, validation and test without a speaker in two"
        yield Finding("note", measured.name, "speakers", message)


def genders(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report corpora that cannot be scored by gender."""
    speakers_of = measured.clips.groupby("gender")["speaker"].nunique()
    counts = ", ".join(f"{count} {gender}" for gender, count in speakers_of.items())
    if "unknown" in speakers_of:
        yield Finding("note", measured.name, "genders", f"not all are known: {counts} speakers")
    elif len(speakers_of) == 1:
        yield Finding("note", measured.name, "genders", f"one gender only: {counts} speakers")


def folder(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report recordings without a label, and tables that are not in UTF-8."""
    corpus = measured.corpus
    named = set(corpus.clips["path"])
    whole = reader_module(corpus.reader).CLIPS  # of these, `completeness` names what is not read
    unnamed, unreadable = [], []
    for path in files_in(corpus.root):
        relative = path.relative_to(corpus.root).as_posix()
        if path.suffix.lower() in AUDIO and relative not in named and not whole:
            unnamed.append(relative)
        elif path.suffix.lower() in TABLES and not _is_utf8(path):
            unreadable.append(relative)
    surplus = len(unnamed) - sum(corpus.dropped.values())
    if surplus > 0:
        message = f"{surplus} recordings in the folder have no label, in addition to those left out"
        yield Finding("warning", corpus.name, "folder", message, tuple(sorted(unnamed)[:100]))
    if unreadable:
        message = f"not in UTF-8: {', '.join(sorted(unreadable)[:3])}; read with another encoding, such as latin-1"
        yield Finding("note", corpus.name, "folder", message)


CHECKS: Final = (completeness, emotions, speakers, genders, folder)


def _is_utf8(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # whoever needs the file reports that it cannot be read
    return True
