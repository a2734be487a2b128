"""Fairness between groups: the gap between genders within the same trained model, tested both ways."""

import pandas as pd

from ser.analysis import repeated
from ser.analysis.cells import select, varying
from ser.analysis.comparisons import by_seed
from ser.analysis.contrasts import all_contrasts
from ser.analysis.design import wide
from ser.analysis.tost import tost
from ser.errors import ScoresError

GROUP = "group"


def gaps(
    scores: pd.DataFrame, factors: list[str], metric: str, margin: float, alpha: float = 0.05
) -> dict[str, pd.DataFrame]:
    """Compare the groups of speakers in every cell, over all cells, and the gap between cells.

    The groups of a cell are scored by the same trained model, so they are compared within seeds.

    Args:
        scores: the tidy table of `ser.schema.check_scores`; rows of group "all" are left out.
        factors: the factors of the sweep.
        metric: one of the metrics in the table.
        margin: largest gap that counts as none.
        alpha: level of the verdicts.

    Returns:
        `gaps`: the table of `ser.analysis.comparisons.by_seed` of every contrast that involves the group, so the gap
        over all cells (main), in each cell (simple), and its difference between cells (interaction). `equivalence`:
        the table of `ser.analysis.tost.tost` for the main and simple ones.

    Raises:
        ScoresError: there are no scores of two groups at least.
    """
    selected, present = of_groups(scores, factors, metric)
    table = wide(selected, present)
    contrasts = [contrast for contrast in all_contrasts(table.columns) if _involves(contrast.factor)]
    tested = by_seed(table, contrasts, 1 - alpha)
    return {"gaps": tested, "equivalence": tost(tested, margin, alpha)}


def group_effects(scores: pd.DataFrame, factors: list[str], metric: str) -> tuple[pd.DataFrame, list[str]]:
    """Run repeated measures with the group as one more factor, over the groups that enough seeds have everywhere.

    A group of one speaker has no score in a test set without that speaker; it cannot take part, and shall not keep the
    others from it.

    Returns:
        Rows of the table of `ser.analysis.repeated.repeated_measures` for the effects that involve the group, and the
        groups left out, of which fewer than two seeds have a score in every cell.

    Raises:
        ScoresError: fewer than two groups are left, or fewer than two seeds have them all.
    """
    selected, present = of_groups(scores, factors, metric)
    table = wide(selected, present)
    complete = {group: len(table.xs(group, axis=1, level=GROUP).dropna()) for group in table.columns.unique(GROUP)}
    kept = [group for group, seeds in complete.items() if seeds > 1]
    if len(kept) < 2:
        raise ScoresError(
            "repeated measures with the group of speakers as a factor need two groups that two seeds at least have in"
            f" every cell; complete seeds: {', '.join(f'{group} {seeds}' for group, seeds in complete.items())}"
        )
    selected = selected[selected[GROUP].isin(kept)]
    selected = selected.assign(**{GROUP: selected[GROUP].cat.remove_unused_categories()})
    result = repeated.repeated_measures(selected, present)
    return result[result["effect"].map(_involves)].reset_index(drop=True), [g for g in complete if g not in kept]


def scored(scores: pd.DataFrame, metric: str) -> bool:
    """Say whether two groups of speakers at least were scored by the metric, beside all speakers together."""
    return bool(scores.loc[scores["metric"] == metric, GROUP].nunique() > 2)


def of_groups(scores: pd.DataFrame, factors: list[str], metric: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores of the groups, and the factors that vary with the group as the last.

    Raises:
        ScoresError: there are no scores of two groups at least.
    """
    if not scored(scores, metric):
        raise ScoresError(f"{metric} was not scored for two groups of speakers, so there is no gap to test")
    selected = select(scores, [*factors, GROUP], metric, group=None).dropna(subset="value")
    if selected[GROUP].nunique() < 2:
        raise ScoresError(f"{metric} is a number for one group of speakers at most, so there is no gap to test")
    for factor in [*factors, GROUP]:
        selected[factor] = selected[factor].cat.remove_unused_categories()
    return selected, [*varying(selected, factors), GROUP]


def _involves(effect: str) -> bool:
    return GROUP in effect.split(" x ")
