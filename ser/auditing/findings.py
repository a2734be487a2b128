"""Findings of an audit: a severity, a message with the remedy, and the clips concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from ser.corpora import Corpus

Severity = Literal["note", "warning", "error"]
SEVERITIES: Final[tuple[Severity, ...]] = ("note", "warning", "error")
"""A note is information; a warning may distort the results; an error does."""


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Attributes:
        severity: note, warning or error.
        corpus: its name in the dataset; several are joined by a plus sign.
        check: name of the check.
        message: what was found, in figures, and the remedy.
        clips: names of the clips concerned, or pairs of names, the worst first.
        playable: (corpus, name) of the recordings that the page plays; empty for those of `clips`.
    """

    severity: Severity
    corpus: str
    check: str
    message: str
    clips: tuple[str, ...] = ()
    playable: tuple[tuple[str, str], ...] = ()

    @property
    def recordings(self) -> tuple[tuple[str, str], ...]:
        """(corpus, name) of each clip that the page may play."""
        return self.playable or tuple((self.corpus, clip) for clip in self.clips)


@dataclass(frozen=True, eq=False)
class MeasuredCorpus:
    """A corpus and the measures of its clips.

    Attributes:
        corpus: as training reads it.
        clips: its manifest with the columns of `ser.auditing.measure.measure`, one row a clip; `path` is the name of
            the clip (`ser.schema.clip_names`).
    """

    corpus: Corpus
    clips: pd.DataFrame

    @property
    def name(self) -> str:
        """Its name in the dataset."""
        return self.corpus.name

    @property
    def usable(self) -> pd.DataFrame:
        """The clips that could be measured."""
        return self.clips[self.clips["problem"].isna()]


def paths(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the clips."""
    return tuple(clips["path"])


def value_counts(values: pd.Series) -> str:
    """Return "587 x 2, 1 x 1": the number of clips with each value, the most frequent first."""
    return ", ".join(f"{count} x {value:g}" for value, count in values.value_counts().items())


def to_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return one row per finding, the most severe first: severity, corpus, check, message, clips, examples."""
    most_severe_first = sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    return pd.DataFrame(
        [
            (one.severity, one.corpus, one.check, one.message, len(one.clips), " | ".join(one.clips[:5]))
            for one in most_severe_first
        ],
        columns=["severity", "corpus", "check", "message", "clips", "examples"],
    )
