"""Agreement of raters: Krippendorff's alpha, and how well one rater agrees with the majority of the others."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

RESAMPLES: Final = 1000
LEVEL: Final = 0.95


def pairable(counts: np.ndarray) -> np.ndarray:
    """Return (clips,) whether the agreement of a clip's raters can be computed: whole votes of two raters or more.

    Args:
        counts: (clips, emotions), votes for each emotion. Shares, and votes that a rater divided among emotions, do
            not say which votes are of different raters.
    """
    return (counts == counts.round()).all(axis=1) & (counts.sum(axis=1) > 1)


def krippendorff_alpha(counts: np.ndarray) -> float:
    """Return Krippendorff's alpha of nominal data: 1 for perfect agreement, 0 for that of chance.

    1 - observed / expected disagreement, for any number of raters and with missing ratings: with n_uc votes for
    emotion c of the m_u votes of clip u, n_c = Σ_u n_uc and n = Σ_c n_c, it is
    1 - (n - 1) Σ_u [m_u - Σ_c n_uc (n_uc - 1) / (m_u - 1)] / [n² - Σ_c n_c²]. K. Krippendorff, Computing
    Krippendorff's Alpha-Reliability, 2011, https://repository.upenn.edu/asc_papers/43, section C.

    Args:
        counts: (clips, emotions), votes for each emotion; only `pairable` clips count.

    Returns:
        Alpha; NaN where every vote is for the same emotion, or no clip has two votes.

    >>> krippendorff_alpha(np.array([[2, 0], [0, 2], [1, 1]]))
    0.4444444444444444
    """
    counts = counts[pairable(counts)]
    of_clip, of_emotion, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    expected = total**2 - np.square(of_emotion).sum()
    if not expected:
        return float("nan")
    agreeing = (counts * (counts - 1)).sum(axis=1) / (of_clip - 1)
    return float(1 - (total - 1) * (of_clip - agreeing).sum() / expected)


def interval_alpha(ratings: Iterable[Sequence[float]]) -> float:
    """Return Krippendorff's alpha of interval data, such as ratings of arousal: 1 for perfect agreement.

    1 - observed / expected disagreement as of `krippendorff_alpha`, whose disagreement of two ratings is the square of
    their difference: with m_u ratings x of clip u, and n of all clips, it is
    1 - (n - 1) Σ_u [Σ_i≠j (x_i - x_j)² / (m_u - 1)] / Σ_i≠j (x_i - x_j)² (the latter over all ratings).

    Args:
        ratings: of each clip, on any scale; those of a clip with one rating do not count.

    Returns:
        Alpha; NaN where all ratings are equal, or no clip has two.

    >>> interval_alpha([[1, 2], [4, 4], [3]])
    0.8571428571428572
    """
    pairable = [np.asarray(clip, float) for clip in ratings if len(clip) > 1]
    every = np.concatenate(pairable) if pairable else np.array([])
    if not (expected := _squared_differences(every)):
        return float("nan")
    observed = sum(_squared_differences(clip) / (len(clip) - 1) for clip in pairable)
    return float(1 - (len(every) - 1) * observed / expected)


def _squared_differences(ratings: np.ndarray) -> float:
    """Return the sum of the squared differences of all ordered pairs."""
    return float(2 * len(ratings) * np.square(ratings - ratings.mean()).sum()) if len(ratings) else 0.0


@dataclass(frozen=True)
class Ceiling:
    """How well one rater agrees with the majority of the others: the human ceiling of a recogniser.

    Attributes:
        accuracy: expected share of the clips in which a random vote is that of the majority of the other votes.
        accuracy_low, accuracy_high: 95 % percentile interval of a bootstrap over clips.
        uar: mean over the emotions of the share among the clips that have this majority.
        uar_low, uar_high: as for the accuracy.
        clips: number of clips that this rests on.
    """

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    uar: float
    uar_low: float
    uar_high: float
    clips: int

    def scores(self) -> dict[str, float]:
        """Return the numbers as metrics, `human_accuracy` and so on."""
        return {f"human_{name}": float(value) for name, value in asdict(self).items()}


def human_ceiling(counts: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> Ceiling | None:
    """Return how well one rater agrees with the majority of the other raters, leaving out one vote after the other.

    It needs no identities of raters: each vote of a clip is compared with the majority of the clip's remaining
    votes, and every clip counts once. Where the remaining votes are a tie of k emotions, a vote for one of them counts
    1/k. Clips of the same raters are not independent: the interval is for other clips, not for other raters.

    Args:
        counts: (clips, emotions), votes for each emotion; only `pairable` clips count.
        resamples: number of bootstrap samples.
        seed: of the bootstrap.

    Returns:
        The ceiling; None if no clip has two votes.
    """
    counts = counts[pairable(counts)]
    if not len(counts):
        return None
    confusions = left_out_confusions(counts)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=resamples)
    flat = confusions.reshape(len(counts), -1)
    samples = np.array([_accuracy_and_uar((weights @ flat).reshape(confusions.shape[1:])) for weights in drawn])
    low, high = np.quantile(samples, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    accuracy, uar = _accuracy_and_uar(confusions.sum(axis=0))
    return Ceiling(accuracy, low[0], high[0], uar, low[1], high[1], len(counts))


def left_out_confusions(counts: np.ndarray) -> np.ndarray:
    """Return (clips, emotions, emotions) the majority of the other votes (rows) against the vote left out (columns).

    The entries of a clip sum to 1; a tie of the other votes is divided evenly.

    >>> left_out_confusions(np.array([[2.0, 1.0]])).round(3)  # joy left out: anger; anger left out: a tie
    array([[[0.333, 0.333],
            [0.333, 0.   ]]])
    """
    emotions = counts.shape[1]
    others = counts[:, None, :] - np.eye(emotions)  # (clips, vote left out, emotions)
    leading = others == others.max(axis=2, keepdims=True)
    truth = leading / leading.sum(axis=2, keepdims=True)
    weight = counts / counts.sum(axis=1, keepdims=True)
    return (truth * weight[:, :, None]).swapaxes(1, 2)


def _accuracy_and_uar(confusion: np.ndarray) -> tuple[float, float]:
    correct, clips = np.diagonal(confusion), confusion.sum(axis=1)
    present = clips > 0
    return float(correct.sum() / clips.sum()), float((correct[present] / clips[present]).mean())
