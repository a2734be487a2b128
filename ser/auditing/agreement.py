"""How well the raters of a corpus agree, where it has the votes of several."""

import functools
import json
import math
from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from ser import votes
from ser.auditing.findings import Finding, MeasuredCorpus
from ser.corpora import Corpus
from ser.metrics.agreement import human_ceiling, interval_alpha, krippendorff_alpha
from ser.schema import CEILING, DIMENSIONS, UNDECIDED

TENTATIVE: Final = 0.667
"""The lowest alpha from which Krippendorff (Content Analysis, 2004, p. 241) draws tentative conclusions."""
ALPHAS: Final = tuple(f"alpha_{name}" for name in DIMENSIONS)
COLUMNS: Final = ("corpus", "clips", "votes", "no_majority", "pairable", "alpha", *CEILING[:-1], *ALPHAS)


@functools.cache
def measure_agreement(corpus: Corpus) -> dict[str, float] | None:
    """Return how well the raters of a corpus agree, over all clips that they rated, those without a majority too.

    Returns:
        clips: number of clips with a vote; votes: their sum; no_majority: clips whose votes are a tie; pairable: clips
        with whole votes of two raters or more, on which the rest is computed (`ser.metrics.agreement`): alpha and
        `human_accuracy`, `human_uar` with their intervals. `alpha_arousal` and so on are those of interval data, of the
        dimensions that were rated. None without a pairable clip.
    """
    if corpus.votes is None:
        return None
    rated = corpus.votes[corpus.votes.map(lambda text: bool(votes.from_text(text)))]
    counts = votes.counts(rated, votes.labels_of(rated))
    ceiling = human_ceiling(counts)
    if ceiling is None:
        return None
    scores = ceiling.scores()
    return {
        "clips": len(rated),
        "votes": float(counts.sum()),
        "no_majority": int((rated.map(votes.majority) == UNDECIDED).sum()),
        "pairable": int(scores.pop("human_clips")),
        "alpha": krippendorff_alpha(counts),
        **scores,
        **_alphas(corpus),
    }


def _alphas(corpus: Corpus) -> dict[str, float]:
    """Return alpha of each dimension that several raters rated."""
    rated = [json.loads(text) for text in corpus.ratings] if corpus.ratings is not None else []
    found = {f"alpha_{name}": interval_alpha([one.get(name, []) for one in rated]) for name in DIMENSIONS}
    return {name: alpha for name, alpha in found.items() if not math.isnan(alpha)}


def table(corpora: Sequence[MeasuredCorpus]) -> pd.DataFrame:
    """Return one row a corpus that has votes: `corpus` and the columns of `measure_agreement`."""
    found = {one.name: measure_agreement(one.corpus) for one in corpora}
    rows = [{"corpus": name} | measured for name, measured in found.items() if measured]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def agreement(measured: MeasuredCorpus) -> Iterator[Finding]:
    """Report the agreement of the raters and the human ceiling."""
    found = measure_agreement(measured.corpus)
    if found is None:
        return
    accuracy, uar = (
        f"{found[f'human_{name}']:.1%} ({found[f'human_{name}_low']:.1%} to {found[f'human_{name}_high']:.1%})"
        for name in ("accuracy", "uar")
    )
    below = f", below the {TENTATIVE:g} of tentative conclusions" if found["alpha"] < TENTATIVE else ""
    few = found["clips"] - found["pairable"]
    message = (
        f"{found['votes']:g} votes on {found['clips']:g} clips, {found['no_majority']:g} without a majority;"
        f" Krippendorff's alpha is {found['alpha']:.3f}{below}. One rater agrees with the majority of the others in"
        f" {accuracy} of the clips, UAR {uar}: the human ceiling"
    )
    if dimensions := [f"{name.removeprefix('alpha_')} {found[name]:.3f}" for name in ALPHAS if name in found]:
        message += f"; interval alpha of {', '.join(dimensions)}"
    message += f"; without {few:g} clips of one rater, or with divided votes or shares" if few else ""
    yield Finding("note", measured.name, "agreement", message)


CHECKS: Final = (agreement,)
