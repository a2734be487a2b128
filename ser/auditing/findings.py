"""What an audit says: each finding has a weight, names its clips, and tells what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from ser.corpora import Corpus

Severity = Literal["note", "warning", "error"]
SEVERITIES: Final[tuple[Severity, ...]] = ("note", "warning", "error")
"""A note is a fact that a reader wants to know; a warning may spoil results; an error will."""


@dataclass(frozen=True)
class Finding:
    """Something that a careful person would want to know before training.

    Attributes:
        severity: how bad it is.
        corpus: its name in the dataset; several are joined by a plus sign.
        check: what was looked at.
        message: what was found, in figures, and the remedy.
        clips: those concerned, the most telling first: paths, or pairs of paths.
        heard: corpus and path of recordings to listen to; without them, those of `clips`.
    """

    severity: Severity
    corpus: str
    check: str
    message: str
    clips: tuple[str, ...] = ()
    heard: tuple[tuple[str, str], ...] = ()

    @property
    def recordings(self) -> tuple[tuple[str, str], ...]:
        """Corpus and path of what can be listened to."""
        return self.heard or tuple((self.corpus, clip) for clip in self.clips)


@dataclass(frozen=True, eq=False)
class Examined:
    """A corpus and what was measured of it.

    Attributes:
        corpus: as it is trained on.
        clips: its manifest with the columns of `ser.auditing.measure.measure`, one row a clip.
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
    """Return the paths of some rows."""
    return tuple(clips["path"])


def counted(values: pd.Series) -> str:
    """Return "587 x 2, 1 x 1": how many clips have which value, the most frequent first."""
    return ", ".join(f"{count} x {value:g}" for value, count in values.value_counts().items())


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return a row a finding, the worst first: severity, corpus, check, message, clips, examples."""
    worst_first = sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    return pd.DataFrame(
        [
            (found.severity, found.corpus, found.check, found.message, len(found.clips), " | ".join(found.clips[:5]))
            for found in worst_first
        ],
        columns=["severity", "corpus", "check", "message", "clips", "examples"],
    )
