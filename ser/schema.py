"""The one vocabulary: genders, splits, metrics, and the columns of the tables that pass between stages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ser.errors import CorpusError, ScoresError

if TYPE_CHECKING:
    import pandas as pd

EMOTIONS: Final = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutrality")
"""Those of the published study, which come first in tables and pictures; a corpus may have any (`ser.labels`)."""
GENDERS: Final = ("female", "male", "other", "unknown")
SPLITS: Final = ("train", "validation", "test")
DIMENSIONS: Final = ("arousal", "valence", "dominance")
UNKNOWN_SPEAKER: Final = ""
"""The speaker of a clip whose corpus does not tell who speaks."""
OTHER: Final = "other"
UNDECIDED: Final = "undecided"
NO_EMOTION: Final = (OTHER, UNDECIDED)
"""Labels that are no emotion: none of those offered, and no agreement of the raters."""
UNUSED: Final = "unused"
"""The part of the clips that a split does not name."""
PARTS: Final = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
"""A word for a part of a split, in tables of other people too -> its name here."""

FACTORS: Final = ("model", "pretune", "dataset")
"""The factors of the published analysis; `dataset` is the test set."""

MANIFEST_COLUMNS: Final = ("path", "emotion", "speaker", "gender")
TRANSCRIPT_COLUMNS: Final = ("path", "text", "speaker", "gender")
SEGMENT: Final = ("start_s", "end_s")
"""Where a clip begins and ends in its recording; the end is NaN where it is that of the recording.

A manifest of whole recordings has no such columns. Path and segment together name a clip (`clip_names`).
"""
MANIFEST_OPTIONAL: Final = (*SEGMENT, "language", "text", "age", *DIMENSIONS, "votes")
RESERVED: Final = ("predicted", "corpus", "dataset", "seed", "group", "metric", "value", "hit")
"""Names of columns of the tables of results, which no column of a corpus may have."""
SCORE_COLUMNS: Final = ("model", "pretune", "trained_on", "dataset", "seed", "group", "metric", "value")

SMALLEST_SCORE: Final = 1e-100
LARGEST_SCORE: Final = 1e9
"""The sizes that a score may have beside 0: sums of squares of others are 0 or infinite."""
ALL: Final = "all"
"""The `group` of a score that counts every clip of the test set."""

CALIBRATION: Final = ("ece", "brier", "nll", "ece_calibrated", "brier_calibrated", "nll_calibrated", "temperature")
"""Metrics of the probabilities, of which less is better."""
DISTANCES: Final = ("js_distance", "kl_divergence")
"""Metrics of the probabilities against the distribution of several raters' votes, of which less is better."""
CEILING: Final = (
    *("human_accuracy", "human_accuracy_low", "human_accuracy_high", "human_uar", "human_uar_low", "human_uar_high"),
    "human_clips",
)
"""Scores of one rater against the majority of the others, with their 95 % intervals and the number of clips."""


def lower_is_better(metric: str) -> bool:
    """Return whether a smaller value of a metric is the better one.

    >>> lower_is_better("accuracy"), lower_is_better("ece"), lower_is_better("rmse_valence")
    (False, True, True)
    """
    return metric in (*CALIBRATION, *DISTANCES) or metric.startswith("rmse")


def clip_name(path: str, start_s: float = 0.0, end_s: float = math.nan) -> str:
    """Return what a clip is called in messages, tables and options: its path, with the seconds of a part of it.

    >>> clip_name("a.wav"), clip_name("a.wav", 1.5, 3.2), clip_name("a.wav", 7)
    ('a.wav', 'a.wav [1.5-3.2 s]', 'a.wav [7-end s]')
    """
    if not start_s and math.isnan(end_s):
        return path
    end = "end" if math.isnan(end_s) else f"{end_s:.12g}"
    return f"{path} [{start_s:.12g}-{end} s]"


def clip_names(clips: pd.DataFrame) -> list[str]:
    """Return the name of each clip of a manifest; no two are the same."""
    if not set(SEGMENT) <= set(clips.columns):
        return clips["path"].tolist()
    return [clip_name(*row) for row in clips[["path", *SEGMENT]].itertuples(index=False, name=None)]


def check_manifest(manifest: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the manifest with known columns first, others as text, and a fresh index, or say what is wrong with it.

    A manifest has one row a clip: `path` relative to the corpus root, `emotion` and `speaker` as
    text, `gender` from the vocabulary. Its index counts the rows of the file from 0, for messages.

    Raises:
        CorpusError: columns are missing, the table is empty, a path stands twice, a cell but a speaker is empty, or a
            gender is outside the vocabulary; the message names `source`, the rows and what is allowed.
    """
    return _check_clips(manifest, MANIFEST_COLUMNS, source)


def check_transcripts(manifest: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return a manifest of transcribed clips, as `check_manifest` does: `text` in the place of `emotion`.

    A text may be empty: what becomes of such a clip is decided when texts are normalised.

    Raises:
        CorpusError: as `check_manifest`.
    """
    return _check_clips(manifest, TRANSCRIPT_COLUMNS, source)


def _check_clips(manifest: pd.DataFrame, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    import pandas as pd

    _require_columns(manifest, columns, source, CorpusError)
    if manifest.empty:
        raise CorpusError(f"{source}: no clip is left; check the corpus root and the labels")
    first = [column for column in dict.fromkeys((*columns, *MANIFEST_OPTIONAL)) if column in manifest.columns]
    kept = [column for column in manifest.columns if column not in first]
    _require_free(kept, source)
    manifest = manifest[[*first, *kept]].copy()
    manifest[kept] = manifest[kept].fillna("").astype(str)
    for column in columns:
        empty = manifest[column].isna() | (manifest[column].astype(str).str.strip() == "")
        if empty.any() and column not in ("text", "speaker"):
            raise CorpusError(f"{source}: column '{column}' is empty in {_rows(manifest.index[empty])}; fill it in")
        manifest[column] = manifest[column].fillna("").astype(str)
    _require_values(manifest["gender"], GENDERS, source)
    names = pd.Series(clip_names(manifest), manifest.index)
    duplicates = names[names.duplicated(keep=False)]
    if len(duplicates):
        shown = ", ".join(sorted(set(duplicates))[:3])
        raise CorpusError(f"{source}: {len(duplicates)} rows name the same clips ({shown}); keep one row a clip")
    return manifest.reset_index(drop=True)


def check_scores(scores: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the tidy table of scores, one row a score, or say what is wrong with it.

    NaN values are let through: the analysis states them, it does not hide them.

    Raises:
        ScoresError: columns are missing, a value is no number, a seed is missing, seeds are numbers and text, or two
            rows are the same score.
    """
    _require_columns(scores, SCORE_COLUMNS, source, ScoresError)
    return check_values(scores, source)


def check_values(scores: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return a tidy table with `seed` and `value`, one row a score, whatever its other columns, or say what is wrong.

    Raises:
        ScoresError: as `check_scores`, but for its columns.
    """
    import pandas as pd

    _require_columns(scores, ("seed", "value"), source, ScoresError)
    scores = scores.reset_index(drop=True)
    values = pd.to_numeric(scores["value"], errors="coerce")
    broken = values.isna() & scores["value"].notna()
    if broken.any():
        raise ScoresError(f"{source}: column 'value' holds no number in {_rows(scores.index[broken])}")
    sizes = values.abs()
    if (beyond := (sizes > LARGEST_SCORE) | ((sizes < SMALLEST_SCORE) & (sizes > 0))).any():
        raise ScoresError(
            f"{source}: column 'value' is infinite, or not 0 and not from {SMALLEST_SCORE:g} to {LARGEST_SCORE:g} in"
            f" size, in {_rows(scores.index[beyond])}; leave it empty"
        )
    if (empty := scores["seed"].isna()).any():
        raise ScoresError(f"{source}: column 'seed' is empty in {_rows(scores.index[empty])}; fill it in")
    kinds = scores["seed"].map(lambda seed: isinstance(seed, str))
    if kinds.nunique() > 1:
        number, text = (scores["seed"][kinds == kind].iloc[0] for kind in (False, True))
        raise ScoresError(
            f"{source}: column 'seed' holds numbers ({number}) and text ({text!r}), so it is unknown which seeds are"
            " the same; write all as numbers, or all as text"
        )
    keys = [column for column in scores.columns if column != "value"]
    twice = scores.duplicated(keys, keep=False)
    if twice.any():
        cells = scores.loc[twice, keys].drop_duplicates()
        first = ", ".join(f"{key}={value}" for key, value in cells.iloc[0].items())
        more = f", and {len(cells) - 1} more" if len(cells) > 1 else ""
        raise ScoresError(
            f"{source}: there are {int(twice.sum())} scores of {first}{more} ({_rows(scores.index[twice])}); name the"
            " key that tells them apart as a column, or drop all but one"
        )
    return scores.assign(value=values)


def _require_columns(table: pd.DataFrame, columns: Iterable[str], source: str, error: type[Exception]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise error(f"{source}: missing column(s) {', '.join(missing)}; there are {', '.join(map(str, table.columns))}")


def _require_free(columns: Iterable[str], source: str) -> None:
    """Refuse columns whose names are those of the predictions."""
    taken = [column for column in map(str, columns) if column in RESERVED or column.startswith(("logit_", "target_"))]
    if taken:
        raise CorpusError(f"{source}: a column cannot be called {taken[0]}, as one of the predictions is; rename it")


def _require_values(labels: pd.Series, allowed: tuple[str, ...], source: str) -> None:
    outside = ~labels.isin(allowed)
    if outside.any():
        found = ", ".join(f"'{label}'" for label in sorted(set(labels[outside]))[:5])
        raise CorpusError(
            f"{source}: {labels.name} {found} in {_rows(labels.index[outside])}; allowed are {', '.join(allowed)}"
        )


def _rows(index: pd.Index) -> str:
    """Name rows as a reader of the file counts them: the header is line 1."""
    shown = ", ".join(str(int(row) + 2) for row in index[:5])
    return f"line(s) {shown}" + (f" and {len(index) - 5} more" if len(index) > 5 else "")
