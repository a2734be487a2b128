"""The pigeonhole bootstrap (Owen 2007), for metrics that are no mean over clips: F1, CCC and the like."""

from collections.abc import Sequence

import numpy as np

from ser.analysis.claims.estimate import Estimate
from ser.analysis.claims.samples import Sample

METHOD = "pigeonhole bootstrap, t on its standard error"
PERCENTILES = "pigeonhole bootstrap, percentiles"
DRAWS = 2_000
PERCENTILES_FROM = 30
"""Levels of each factor from which percentile intervals are used; at 6 speakers they cover .86 to .91."""
SEED = 2007


class Resampled:
    """The scores of all cells in draws of seeds, of speakers and, where asked for, of sentences, each on its own.

    Args:
        samples: of speakers; the seeds are common to all of them.
        sentences: whether sentences are drawn too.
        draws: how many.
    """

    def __init__(self, samples: Sequence[Sample], sentences: bool, draws: int = DRAWS) -> None:
        random = np.random.default_rng(SEED)
        self.sentences = sentences
        self.seeds = counts(samples[0].shape[1], draws, random)
        self.scores = {}
        for sample in samples:
            of_speakers = counts(sample.shape[2], draws, random)
            of_sentences = counts(sample.shape[3], draws, random) if sentences else None
            drawn = sample.resampled(of_speakers, of_sentences)
            whole = sample.resampled(np.ones_like(of_speakers[:1]), None)
            self.scores[id(sample)] = drawn, whole

    def estimate(self, parts: Sequence[tuple[Sample, np.ndarray, np.ndarray]]) -> Estimate:
        """Estimate a contrast over all clips, mean over the seeds that have it.

        Args:
            parts: sample, positions of its cells, and their weights.
        """
        drawn = sum(self.scores[id(sample)][0][:, cells].swapaxes(1, 2) @ weights for sample, cells, weights in parts)
        whole = sum(self.scores[id(sample)][1][:, cells].swapaxes(1, 2) @ weights for sample, cells, weights in parts)
        present = np.isfinite(whole[0])
        weights = self.seeds * present * np.isfinite(drawn)
        with np.errstate(all="ignore"):
            values = (np.nan_to_num(drawn) * weights).sum(axis=1) / weights.sum(axis=1)
        levels = [int(present.sum()), *(sample.shape[2] for sample, _, _ in parts)]
        levels += [sample.shape[3] for sample, _, _ in parts] if self.sentences else []
        return estimate(float(whole[0][present].mean()), values, levels)


def counts(levels: int, draws: int, random: np.random.Generator) -> np.ndarray:
    """Return (draws, levels): how often each level is drawn, with replacement, as many as there are.

    >>> counts(3, 2, np.random.default_rng(0)).sum(axis=1).tolist()
    [3, 3]
    """
    return random.multinomial(levels, np.full(levels, 1 / levels), size=draws)


def estimate(value: float, drawn: np.ndarray, levels: Sequence[int]) -> Estimate:
    """Return an estimate from its values over draws of seeds, of speakers, ..., each drawn independently.

    Args:
        value: of the data.
        drawn: (draws,), NaN where a draw has no value.
        levels: number of seeds, speakers, ...; the degrees of freedom are the smallest less one.

    >>> random = np.random.default_rng(0)
    >>> found = estimate(0.5, random.normal(0.5, 0.1, 2000), (10, 6))
    >>> round(found.se, 2), found.df
    (0.1, 5.0)
    """
    many = min(levels) >= PERCENTILES_FROM
    variance = float(np.nanvar(drawn, ddof=1))
    if variance <= (1e-12 * max(abs(value), 1e-3)) ** 2:
        variance = 0.0
    method = PERCENTILES if many else METHOD
    return Estimate(value, variance, min(levels) - 1.0, method, drawn=drawn if many and variance else None)
