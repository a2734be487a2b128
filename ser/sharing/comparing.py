"""Sweeps of several people side by side: what was scored on the same clips is compared, all else is named."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from ser import records
from ser.analysis.cells import replicates
from ser.analysis.standings import ENTRY
from ser.errors import ArchiveError, RecordError, ScoresError
from ser.schema import ALL
from ser.sharing.zip_files import REMEDY, Archive
from ser.tables import table_keys, tabulate

SOURCE: Final = "source"
SCORED_ON: Final = "scored_on"
"""A hash of the clips that a cell was scored on, with their emotions."""
_NO_KEYS: Final = (SOURCE, "seed", "dataset", "value", SCORED_ON, "clips", "emotions")


@dataclass(frozen=True)
class Board:
    """What can be compared on one test set: the entries that were scored on the same clips.

    Attributes:
        dataset: the test set.
        scores: one row an entry and seed: `entry`, `source`, the factors, `seed`, `value`.
    """

    dataset: str
    scores: pd.DataFrame


@dataclass
class Comparison:
    """All that archives have in common, and what they do not.

    Attributes:
        boards: a leaderboard for each test set, or set of its clips.
        notes: what is not compared, and why.
    """

    boards: list[Board] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def compare_archives(archives: Sequence[Archive], metric: str) -> Comparison:
    """Find what several archives can be compared on.

    Entries, one a source and combination of factor levels, are compared on a test set if they were scored on the same
    clips with the same emotions: on the whole of it, or on the same part of it in each seed that both have.

    Args:
        archives: that are open.
        metric: that is compared.

    Raises:
        ArchiveError: a file of an archive is damaged.
        ScoresError: no archive has scores of the metric.
    """
    names = _sources(archives)
    result = Comparison()
    seen: dict[str, str] = {}
    rows = [
        row
        for name, archive in zip(names, archives, strict=True)
        for row in _rows(archive, name, metric, seen, result.notes)
    ]
    if not rows:
        raise ScoresError(f"no archive has scores of metric '{metric}'")
    table = tabulate(rows)
    for name in names:
        if name not in set(table[SOURCE]):
            result.notes.append(f"{name} has no score of metric '{metric}' of its own, and is left out.")
    factors = [
        column for column in table.columns if column not in _NO_KEYS and not column.startswith(("seed.", "split."))
    ]
    varying = [factor for factor in factors if table[factor].astype(str).nunique() > 1]
    labels = table[varying].astype(str).agg(" ".join, axis=1) if varying else pd.Series("", table.index)
    table = table.assign(seed=replicates(table, factors), **{ENTRY: (table[SOURCE] + ": " + labels).str.rstrip(": ")})
    for dataset, part in table.groupby("dataset", sort=True):
        _add_boards(result, str(dataset), part, factors)
    return result


def _add_boards(result: Comparison, dataset: str, table: pd.DataFrame, factors: list[str]) -> None:
    """Add the boards of a test set that have entries of several sources; name the entries that are on none."""
    groups: list[list[pd.DataFrame]] = []
    for _, entry in table.groupby(ENTRY, sort=False):
        group = next((group for group in groups if all(_comparable(entry, other) for other in group)), None)
        if group is None:
            groups.append([entry])
        else:
            group.append(entry)
    alone = []
    for group in groups:
        scores = pd.concat(group, ignore_index=True)
        if scores[SOURCE].nunique() > 1:
            result.boards.append(Board(dataset, scores[[ENTRY, SOURCE, *factors, "seed", "value"]]))
        else:
            alone.append(_in_words(scores))
    if alone and table[SOURCE].nunique() > 1:
        result.notes.append(
            f"{dataset}: not compared, as they were scored on other clips or emotions: {'; '.join(alone)}."
        )
    elif alone:
        result.notes.append(f"{dataset}: a test set of {table[SOURCE].iloc[0]} alone.")


def _comparable(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether two entries were scored on the same clips, in every seed that both have."""
    a, b = one.set_index("seed")[SCORED_ON], other.set_index("seed")[SCORED_ON]
    shared = a.index.intersection(b.index)
    if len(shared):
        return bool((a[shared] == b[shared]).all())
    return a.nunique() == b.nunique() == 1 and a.iloc[0] == b.iloc[0]


def _in_words(scores: pd.DataFrame) -> str:
    clips = sorted(set(scores["clips"]))
    several = f"{clips[0]} to {clips[-1]}" if len(clips) > 1 else f"{clips[0]}"
    emotions = " or ".join(sorted(set(scores["emotions"])))
    return f"{', '.join(dict.fromkeys(scores[ENTRY]))} ({several} clips of {emotions})"


def _sources(archives: Sequence[Archive]) -> list[str]:
    """Return a name for each archive: that of its sweep, with that of its file where two have the same."""
    sweeps = [archive.record.sweep for archive in archives]
    files = [archive.path.stem for archive in archives]
    names = sweeps if len(set(sweeps)) == len(sweeps) else files
    if len(set(names)) < len(names):
        raise ArchiveError(f"two archives are called {', '.join(names)}; rename one of the files")
    return names


def _rows(
    archive: Archive, source: str, metric: str, seen: dict[str, str], notes: list[str]
) -> list[dict[str, object]]:
    """Return the scores of an archive over all speakers; cells that an earlier archive has too are left out."""
    rows: list[dict[str, object]] = []
    copies: dict[str, int] = {}
    for path in sorted(archive.cells.glob(f"*/{records.RESULT}")):
        try:
            result = records.ResultRecord.read(path.parent)
            if result is None:
                continue
            if result.signature in seen:
                copies[seen[result.signature]] = copies.get(seen[result.signature], 0) + 1
                continue
            seen[result.signature] = source
            for score in result.scores:
                if score.metric == metric and score.group == ALL:
                    clips = _scored_on(path.parent, result, score.dataset)
                    rows.append(table_keys(result.factors) | {SOURCE: source, "dataset": score.dataset} | clips)
                    rows[-1]["value"] = score.value
        except RecordError as error:
            shown = error.path.relative_to(archive.folder)
            raise ArchiveError(f"{archive.path}: {shown} {error.reason}; {REMEDY}") from error
    notes += [f"{count} cells of {source} are cells of {other}, and counted there." for other, count in copies.items()]
    return rows


def _scored_on(cell: Path, result: records.ResultRecord, test: str) -> dict[str, object]:
    """Return a hash of the clips that a cell was scored on with their emotions, their number, and the emotions."""
    path = cell / f"{records.PREDICTIONS}{test}.parquet"
    if path not in records.predictions(cell, result):
        return {SCORED_ON: "", "clips": 0, "emotions": "unknown emotions"}
    records.check(cell, result, path.name)
    try:
        clips = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise RecordError(path, str(error), REMEDY) from error
    labels = [name for name in ("path", "speaker", "emotion") if name in clips.columns]
    lines = clips[labels].astype(str).agg("\t".join, axis=1).sort_values() if labels else pd.Series(dtype=str)
    digest = hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
    emotions = sorted(set(clips["emotion"].astype(str))) if "emotion" in clips.columns else []
    return {SCORED_ON: digest, "clips": len(clips), "emotions": ", ".join(emotions) or "arousal, valence, dominance"}
