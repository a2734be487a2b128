"""From clips to speakers: what every claim about new speakers starts from, one row a cell, test set and speaker."""

import numpy as np
import pandas as pd

from ser.analysis.claims.metrics import clip_sums, score_of, weighted_clips
from ser.errors import ScoresError
from ser.schema import FACTORS

UNITS = ("speaker", "gender", "sentence")
"""Columns that say of whom and of what a clip is; the last two where they are known."""
OF_CLIPS = (
    "hit",
    "value",
    "emotion",
    "predicted",
    "path",
    "text",
    "language",
    "duration",
    "duration_s",
    "start_s",
    "end_s",
)
"""Columns of a table of clips that are no key of a cell."""
SUM = "sum "
"""How the columns begin that hold sums over clips, for metrics that are no mean over them."""


ABSENT = "-"
"""The level of a key that a table of other tools lacks."""
STANDARD = (*FACTORS, "trained_on")
"""Keys that the tidy table of scores has, whatever is swept."""


def speaker_scores(clips: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one row a speaker (and sentence) of the clips of one cell on one test set.

    Args:
        clips: one row a clip: `speaker`, where known `gender` and `sentence` (or `text`), and what
            `ser.analysis.claims.metrics` takes.
        metric: what is claimed about.

    Returns:
        `speaker`, `gender`, `sentence` (the last two where known), `n` (clips; of unequal weights (Σw)² / Σw²),
        `weight` (Σw: the mean over all clips is Σ weight value / Σ weight), `value`, and for a metric that is no mean
        over clips its sums, `sum ...`. Sorted by speaker and sentence. Empty where no clip names its speaker.

    Raises:
        ScoresError: the metric cannot be computed from these columns.

    >>> clips = pd.DataFrame({"speaker": ["a", "a", "b"], "hit": [1, 0, 1]})
    >>> speaker_scores(clips, "accuracy").to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'speaker': 'a', 'n': 2.0, 'weight': 2.0, 'value': 0.5}, {'speaker': 'b', 'n': 1.0, 'weight': 1.0, 'value': 1.0}]
    """
    units = _units(clips)
    codes, levels = _groups(units)
    valid = codes >= 0
    weighted = weighted_clips(clips, metric)
    size = len(levels)
    if weighted is not None:
        values, weights = (column[valid] for column in weighted)
        total = np.bincount(codes[valid], weights, size)
        scored = total > 0
        hits = np.bincount(codes[valid], weights * values, size)[scored]
        effective = total[scored] ** 2 / np.bincount(codes[valid], weights**2, size)[scored]
        return (
            levels[scored].assign(n=effective, weight=total[scored], value=hits / total[scored]).reset_index(drop=True)
        )
    sums = clip_sums(clips, metric)
    if sums is None:
        raise ScoresError(f"{metric} cannot be computed for single speakers from {', '.join(map(str, clips.columns))}")
    totals = np.column_stack([np.bincount(codes[valid], column[valid], size) for column in sums.to_numpy(float).T])
    number = np.bincount(codes[valid], minlength=size).astype(float)
    table = levels.assign(n=number, weight=number, value=score_of(metric, list(sums))(totals))
    return table.join(pd.DataFrame(totals, columns=[SUM + name for name in sums.columns]))


def tables_of(
    clips: pd.DataFrame, metric: str = "accuracy", source: str = "predictions"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores and the speaker scores of a table of clips of many cells, from any tool.

    Args:
        clips: one row a clip and cell: `seed`, `speaker`, columns of factors, `dataset` where there are several test
            sets, `gender`, and `sentence` where known; `hit` or `value`, or `emotion` and `predicted`.
        metric: the name of what `hit` or `value` measures, or a metric that the project knows.
        source: names the table in messages.

    Returns:
        The tidy table of scores, and the speaker scores with the same keys; standard keys that the table of clips lacks
        have one level, "-".

    Raises:
        ScoresError: a column is missing, or nothing can be computed from those that are there.

    >>> rows = [{"system": s, "seed": 0, "speaker": k, "hit": s == "b"} for s in "ab" for k in "xy"]
    >>> scores, speakers = tables_of(pd.DataFrame(rows))
    >>> scores[["system", "seed", "group", "value"]].values.tolist()
    [['a', 0, 'all', 0.0], ['b', 0, 'all', 1.0]]
    """
    if missing := [column for column in ("seed", "speaker") if column not in clips.columns]:
        raise ScoresError(f"{source}: missing column(s) {', '.join(missing)}; there are {', '.join(map(str, clips))}")
    clips = with_standard_keys(clips)
    keys = keys_of(clips)
    if clips[keys].isna().any(axis=None):
        empty = [key for key in keys if clips[key].isna().any()]
        raise ScoresError(f"{source}: column(s) {', '.join(empty)} have empty cells; fill them in")
    scores, speakers = [], []
    for levels, part in clips.groupby(keys, sort=False, observed=True):
        cell_keys = dict(zip(keys, levels, strict=True))
        groups = [("all", part)]
        if "gender" in part.columns and part["gender"].nunique() > 1:
            groups += list(part.groupby("gender", sort=True, observed=True))
        for group, rows in groups:
            table = speaker_scores(rows.reset_index(drop=True), metric)
            scores.append(cell_keys | {"group": group, "metric": metric, "value": over_clips(table, metric)})
            if group == "all":
                speakers.append(table.assign(**cell_keys)[[*keys, *table.columns]])
    return pd.DataFrame(scores), pd.concat(speakers, ignore_index=True)


def with_standard_keys(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of another tool with the keys that it lacks, at one level each.

    >>> list(with_standard_keys(pd.DataFrame({"system": ["a"], "seed": [0]})).columns)
    ['model', 'pretune', 'dataset', 'trained_on', 'system', 'seed']
    """
    lacking = {key: ABSENT for key in STANDARD if key not in table.columns}
    return pd.DataFrame(lacking, table.index).join(table)


def keys_of(table: pd.DataFrame) -> list[str]:
    """Return the columns of clips or of speaker scores that name the cell and its test set."""
    taken = {*UNITS, *OF_CLIPS, "n", "weight"}
    numbers = [str(c) for c in table.columns if str(c).startswith(("logit_", "probability_", "predicted_", SUM))]
    return [str(column) for column in table.columns if column not in taken and column not in numbers]


def over_clips(speakers: pd.DataFrame, metric: str) -> float:
    """Return the metric over all clips of some speakers of one cell and test set; NaN where there is none."""
    sums = [column for column in speakers.columns if str(column).startswith(SUM)]
    if sums:
        score = score_of(metric, [name.removeprefix(SUM) for name in sums])
        return float(score(speakers[sums].to_numpy().sum(axis=0)))
    total = speakers["weight"].sum()
    return float((speakers["weight"] * speakers["value"]).sum() / total) if total else np.nan


def _units(clips: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that name speaker, gender and sentence, as far as they are known."""
    units = {"speaker": clips["speaker"]}
    if "gender" in clips.columns:
        units["gender"] = clips["gender"]
    sentence = next((name for name in ("sentence", "text") if name in clips.columns), None)
    if sentence is not None and clips[sentence].notna().all() and (clips[sentence].astype(str) != "").all():
        units["sentence"] = clips[sentence]
    return pd.DataFrame(units)


def _groups(units: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Return (clips,) codes of speakers and sentences, -1 where the speaker is unknown, and what each code is."""
    names = [column for column in ("speaker", "sentence") if column in units.columns]
    code = np.zeros(len(units), dtype=np.int64)
    unknown = units["speaker"].isna().to_numpy() | (units["speaker"].astype(str) == "").to_numpy()
    for name in names:
        codes, found = pd.factorize(units[name].astype(str).to_numpy(dtype=object), sort=True)
        code = code * max(len(found), 1) + codes
    code[unknown] = -1
    kept, first, compact = np.unique(code, return_index=True, return_inverse=True)
    shift = int((kept == -1).any())
    levels = units.iloc[first[shift:]].astype(str).reset_index(drop=True)
    return compact - shift, levels
