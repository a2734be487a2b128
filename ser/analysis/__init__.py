"""The statistics of experiments as a library: functions from tidy tables to tidy tables.

A table has one row a score: `value`, `seed` (the repetition; scores of one seed are paired), and any columns as
factors. Nothing here needs a corpus, a tracker or torch, and each module is imported when it is first used.

    >>> from ser.analysis import paired_contrasts
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "encoder": ["hubert"] * 5 + ["wavlm"] * 5,
    ...     "seed": [0, 1, 2, 3, 4] * 2,
    ...     "value": [0.61, 0.58, 0.66, 0.60, 0.63, 0.64, 0.63, 0.68, 0.61, 0.67],
    ... })
    >>> paired_contrasts(table, ["encoder"])[["contrast", "n", "estimate", "t", "p"]].round(3)
             contrast  n  estimate      t      p
    0  wavlm - hubert  5      0.03  4.243  0.013
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ser.analysis.claims import claims_from_clips
    from ser.analysis.comparisons import paired_contrasts, welch_contrasts
    from ser.analysis.corpora import across_corpora
    from ser.analysis.design import tidy
    from ser.analysis.factorial import anova
    from ser.analysis.mixed import mixed_model
    from ser.analysis.power_tables import power
    from ser.analysis.ranks import compare_ranks, friedman, leaderboard, mean_ranks
    from ser.analysis.reading import read_scores
    from ser.analysis.repeated import repeated_measures
    from ser.analysis.simple_effects import simple_main_effects
    from ser.analysis.summary import describe
    from ser.analysis.tost import equivalence

__all__ = [
    "across_corpora",
    "anova",
    "claims_from_clips",
    "compare_ranks",
    "describe",
    "equivalence",
    "friedman",
    "leaderboard",
    "mean_ranks",
    "mixed_model",
    "paired_contrasts",
    "power",
    "read_scores",
    "repeated_measures",
    "simple_main_effects",
    "tidy",
    "welch_contrasts",
]

MODULES = {
    "claims": ("claims_from_clips",),
    "comparisons": ("paired_contrasts", "welch_contrasts"),
    "corpora": ("across_corpora",),
    "design": ("tidy",),
    "factorial": ("anova",),
    "mixed": ("mixed_model",),
    "ranks": ("compare_ranks", "friedman", "leaderboard", "mean_ranks"),
    "reading": ("read_scores",),
    "repeated": ("repeated_measures",),
    "power_tables": ("power",),
    "simple_effects": ("simple_main_effects",),
    "summary": ("describe",),
    "tost": ("equivalence",),
}
"""Where each exported function is defined."""


def __getattr__(name: str) -> Any:
    for module, functions in MODULES.items():
        if name in functions:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
