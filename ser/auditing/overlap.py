"""Duplicate clips: within one corpus, between two corpora, or on both sides of a split."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ser.audio.likeness import same_recordings
from ser.auditing.findings import Finding, MeasuredCorpus, Severity


def copies(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of clips that are the same recording.

    Args:
        clips: usable clips, with the columns digest and fingerprint.

    Returns:
        Columns first and second, positions in `clips`, and identical: True if all samples agree, False if the
        waveforms correlate. Each of several identical clips is paired with the first.
    """
    digests = pd.Series(clips["digest"].to_numpy())
    first = digests.groupby(digests).transform(lambda same: same.index[0])
    pairs = [(int(earlier), clip, True) for clip, earlier in enumerate(first) if earlier != clip]
    original = np.flatnonzero(first == np.arange(len(first)))
    fingerprints = clips["fingerprint"].iloc[original].tolist()
    pairs += [
        (int(original[one]), int(original[other]), False)
        for one, other in same_recordings(fingerprints, fingerprints)
        if one < other
    ]
    return pd.DataFrame(pairs, columns=["first", "second", "identical"])


def check_overlap(corpora: Sequence[MeasuredCorpus], parts: dict[str, np.ndarray]) -> Iterator[Finding]:
    """Yield a finding for duplicates within each corpus and for each pair of corpora that overlap.

    Args:
        corpora: the corpora of the dataset.
        parts: (clips,) the part of each clip of the corpora that are split.
    """
    tables = [
        one.clips.assign(corpus=one.name, part=parts.get(one.name, np.full(len(one.clips), ""))) for one in corpora
    ]
    clips = pd.concat(tables, ignore_index=True)
    clips = clips[clips["problem"].isna()].reset_index(drop=True)
    pairs = copies(clips)
    first, second = (
        clips.iloc[pairs["first"]].reset_index(drop=True),
        clips.iloc[pairs["second"]].reset_index(drop=True),
    )
    for names, rows in pairs.groupby([first["corpus"], second["corpus"]], sort=True):
        chosen = first.loc[rows.index], second.loc[rows.index]
        one, other = names
        yield _within(one, *chosen) if one == other else _between(one, other, *chosen)


def _within(corpus: str, first: pd.DataFrame, second: pd.DataFrame) -> Finding:
    across_parts = first["part"].to_numpy() != second["part"].to_numpy()
    contradictory = (first[["emotion", "speaker"]].to_numpy() != second[["emotion", "speaker"]].to_numpy()).any(axis=1)
    message = f"{len(first)} pairs of clips are the same recording"
    if contradictory.any():
        message += f", {contradictory.sum()} of them with another emotion or speaker"
    if across_parts.any():
        message += f", {across_parts.sum()} of them in two parts of the split"
    worst = np.argsort(~(contradictory | across_parts), kind="stable")
    severity: Severity = "error" if (contradictory | across_parts).any() else "warning"
    return Finding(severity, corpus, "duplicates", f"{message}; keep one of each", *_pairs(first, second, worst))


def _between(one: str, other: str, first: pd.DataFrame, second: pd.DataFrame) -> Finding:
    message = (
        f"{len(first)} clips of {one} are in {other} too, as such or at another rate, level or coding: neither can be a"
        " test set for the other"
    )
    return Finding(
        "error", f"{one} + {other}", "overlap of corpora", message, *_pairs(first, second, range(len(first)))
    )


def _pairs(
    first: pd.DataFrame, second: pd.DataFrame, order: Sequence[int] | np.ndarray
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return "one = other" for each pair, and (corpus, path) of all their recordings."""
    pairs = [(first.iloc[row], second.iloc[row]) for row in order]
    lines = tuple(f"{one['path']} = {other['path']}" for one, other in pairs)
    return lines, tuple((clip["corpus"], clip["path"]) for pair in pairs for clip in pair)
