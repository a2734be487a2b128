"""Which scores and speaker scores the claims stand on: the same factors, levels and replicates for both."""

from collections.abc import Sequence

import pandas as pd

from ser.analysis.cells import REPLICATES, replicates, select, with_texts
from ser.analysis.claims.clips import keys_of, tables_of
from ser.analysis.claims.table import claims_of
from ser.analysis.contrasts import all_contrasts
from ser.analysis.design import require_varying, wide
from ser.analysis.groups import GROUP, of_groups
from ser.schema import FACTORS


def found_factors(scores: pd.DataFrame) -> list[str]:
    """Return the keys that vary, those of the published analysis first; these where none does.

    >>> found_factors(pd.DataFrame({"system": ["a", "b"], "model": "m", "seed": [0, 1], "value": [0.1, 0.2]}))
    ['system']
    """
    keys = [column for column in scores.columns if column not in ("seed", "group", "metric", "value")]
    keys = [key for key in keys if not str(key).startswith(REPLICATES) and scores[key].nunique() > 1]
    return [*(key for key in FACTORS if key in keys), *(key for key in keys if key not in FACTORS)] or list(FACTORS)


def select_speakers(
    speakers: pd.DataFrame, scores: pd.DataFrame, factors: Sequence[str], failures: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the speaker scores with the replicates that `ser.analysis.cells.select` gives the scores.

    Args:
        speakers: one row a cell, test set and speaker, with the keys of `scores`.
        scores: the tidy table of scores.
        factors: of the analysis.
        failures: the trainings without scores.
    """
    keys = [key for key in keys_of(speakers) if key in scores.columns and key not in ("group", "metric", "value")]
    cell = speakers.groupby(keys, sort=False, observed=True, dropna=False).ngroup()
    first = speakers.loc[~cell.duplicated(), keys]
    scored = scores.drop(columns=["value", "metric", "group"]).astype(object)
    if failures is not None and not failures.empty:
        shared = [column for column in failures.columns if column in scored.columns]
        scored = pd.concat([scored, failures[shared].astype(object)], ignore_index=True)
    sweep = pd.concat([scored, first.astype(object)], ignore_index=True).infer_objects()
    texts = with_texts(scored, first, list(factors))[1]
    assert texts is not None
    found = texts.assign(seed=replicates(sweep, list(factors))[len(scored) :].to_numpy()).iloc[cell.to_numpy()]
    return speakers.assign(**{key: found[key].to_numpy() for key in [*factors, "seed"]})


def claims(
    scores: pd.DataFrame,
    speakers: pd.DataFrame | None,
    factors: Sequence[str] | None = None,
    metric: str = "accuracy",
    margin: float = 0.01,
    alpha: float = 0.05,
    failures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the claims of tidy scores and speaker scores: every contrast, for four populations.

    Args:
        scores: one row a score, as `ser.schema.check_scores` has it.
        speakers: one row a cell, test set and speaker with the keys of `scores`, as
            `ser.analysis.claims.clips.speaker_scores` has it; None where there are no predictions.
        factors: keys of the scores; None takes those that vary.
        metric: what is claimed about.
        margin: largest difference that counts as none, in the unit of the metric.
        alpha: level of the verdicts.
        failures: the trainings without scores.

    Returns:
        The table of `ser.analysis.claims.table.claims_of`.

    Raises:
        ScoresError: the metric or a factor is not there, nothing varies, or every score is the same.

    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> rows = [(s, seed, k, s == "b") for s in "ab" for seed in range(5) for k in range(6) for clip in range(10)]
    >>> clips = pd.DataFrame(rows, columns=["system", "seed", "speaker", "hit"])
    >>> clips["hit"] = random.random(len(clips)) < 0.4 + 0.2 * clips["hit"]
    >>> found = claims(*tables_of(clips))
    >>> found[["population", "contrast", "estimate", "verdict"]].head(2).round(3).values.tolist()
    [['these speakers', 'b - a', 0.263, 'different'], ['new speakers', 'b - a', 0.263, 'different']]
    """
    chosen = list(factors or found_factors(scores))
    selected = select(scores, chosen, metric, failures=failures).dropna(subset="value").reset_index(drop=True)
    selected = selected.assign(**{name: selected[name].cat.remove_unused_categories() for name in chosen})
    table = wide(selected, require_varying(selected, chosen))
    if speakers is not None:
        speakers = select_speakers(speakers, scores, chosen, failures)
    return claims_of(table, all_contrasts(table.columns), speakers, metric, margin, alpha)


def claims_from_clips(
    clips: pd.DataFrame,
    factors: Sequence[str] | None = None,
    metric: str = "accuracy",
    margin: float = 0.01,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the claims of a table of clips of any tool: every contrast, for four populations.

    Args:
        clips: one row a clip and cell, as `ser.analysis.claims.clips.tables_of` takes them: `seed`, `speaker`, columns
            of factors, `hit` or `value` (or `emotion` and `predicted`), where known `dataset`, `gender`, `sentence`.
        factors: columns of the table; None takes those that vary.
        metric: the name of what `hit` or `value` measures, or a metric that the project knows.
        margin: largest difference that counts as none, in the unit of the metric.
        alpha: level of the verdicts.

    Returns:
        The table of `ser.analysis.claims.table.claims_of`.

    Raises:
        ScoresError: as `tables_of` and `claims`.

    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> rows = [(s, seed, k) for s in "ab" for seed in range(5) for k in range(6) for clip in range(10)]
    >>> clips = pd.DataFrame(rows, columns=["system", "seed", "speaker"])
    >>> clips["hit"] = random.random(len(clips)) < np.where(clips["system"] == "b", 0.6, 0.4)
    >>> claims_from_clips(clips)[["population", "contrast", "verdict"]].head(2).values.tolist()
    [['these speakers', 'b - a', 'different'], ['new speakers', 'b - a', 'different']]
    """
    return claims(*tables_of(clips, metric), factors, metric, margin, alpha)


def group_claims(
    scores: pd.DataFrame,
    speakers: pd.DataFrame | None,
    factors: Sequence[str],
    metric: str = "accuracy",
    margin: float = 0.01,
    alpha: float = 0.05,
    failures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the claims on the gap between groups of speakers, whose speakers are the units; arguments as `claims`.

    A gap on three men and three women rests on 2 to 4 degrees of freedom of speakers, whatever the number of seeds.

    Raises:
        ScoresError: there are no scores of two groups at least.
    """
    selected, present = of_groups(scores, list(factors), metric)
    table = wide(selected, present)
    if speakers is not None:
        speakers = select_speakers(speakers, scores, factors, failures)
        speakers = speakers.assign(**{GROUP: speakers["gender"]}) if "gender" in speakers.columns else None
    contrasts = [contrast for contrast in all_contrasts(table.columns) if GROUP in contrast.factor.split(" x ")]
    return claims_of(table, contrasts, speakers, metric, margin, alpha)
