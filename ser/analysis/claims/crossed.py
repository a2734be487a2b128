"""Seeds and speakers crossed, both random: what a difference is for new speakers (Clark 1973; Westfall et al. 2014).

The difference of seed s on speaker k is d_sk = delta + a_s + b_k + e_sk, a ~ (0, A), b ~ (0, B), e ~ (0, E / n_sk).
"""

import numpy as np

from ser.analysis.claims.estimate import Estimate
from ser.analysis.claims.likelihood import fit_crossed
from ser.errors import ScoresError

CLOSED = "seeds x speakers, mean squares, Satterthwaite"
REML = "seeds x speakers, REML weighted by clips, Satterthwaite"
SEEDS_ALONE = "speakers within seeds, t over the means of seeds"
SPEAKERS_ALONE = "each speaker in one seed, t over speakers"
ROUNDING = 1e-12
"""Spread below this share of the largest difference is rounding."""


def crossed(values: np.ndarray, clips: np.ndarray) -> Estimate:
    """Estimate the mean over seeds and speakers, for other seeds and other speakers.

    A complete table of equal numbers of clips takes the closed form of `two_way`; any other restricted maximum
    likelihood, as R's `lmerTest::lmer(d ~ 1 + (1|seed) + (1|speaker), weights = n)`. Where no speaker meets two seeds,
    speakers are the residual; where moreover each seed has one speaker, a t-test over speakers is left.

    Args:
        values: (seeds, speakers), differences; NaN where a seed did not meet a speaker.
        clips: (seeds, speakers), the clips that each rests on.

    Returns:
        Components `seed`, `speaker` and `residual` (of one clip in REML, of one mean in closed form).

    Raises:
        ScoresError: fewer than two seeds or two speakers, or components that cannot be told apart.

    >>> table = np.array([[0.0, 0.1, 0.2, 0.1], [0.1, 0.1, 0.3, 0.1], [0.2, 0.2, 0.3, 0.1]])
    >>> estimate = crossed(table, np.full((3, 4), 10))
    >>> round(estimate.value, 4), round(estimate.se, 4), round(estimate.df, 2)
    (0.15, 0.0471, 4.19)
    """
    met = ~np.isnan(values)
    values, clips = values[met.any(axis=1)][:, met.any(axis=0)], clips[met.any(axis=1)][:, met.any(axis=0)]
    met = ~np.isnan(values)
    seeds, speakers = values.shape
    if seeds < 2:
        raise ScoresError(f"{seeds} seed(s): whether another training would do the same is unknown; run more seeds")
    if speakers < 2:
        raise ScoresError(f"{speakers} speaker(s): whether another speaker would do the same is unknown")
    if np.ptp(values[met]) <= ROUNDING * np.abs(values[met]).max():
        return Estimate(float(values[met].mean()), 0.0, np.nan, CLOSED)
    if met.all() and np.ptp(clips) == 0:
        return _closed(values)
    if (met.sum(axis=0) == 1).all():
        return _nested(values, met)
    fitted = fit_crossed(values, clips)
    names = ("seed", "speaker", "residual")
    components = dict(zip(names, map(float, fitted.variances), strict=True))
    parts = dict(zip(names, map(float, fitted.parts), strict=True))
    return Estimate(fitted.mean, fitted.variance, fitted.df, REML, components, parts, _zero(components))


def mean_squares(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and mean squares of seeds, of speakers and of the residual of complete tables.

    Args:
        values: (..., seeds, speakers).

    >>> [round(float(x), 4) for x in mean_squares(np.array([[0.0, 2.0], [2.0, 8.0]]))]
    [3.0, 16.0, 16.0, 4.0]
    """
    seeds, speakers = values.shape[-2:]
    mean = values.mean(axis=(-2, -1), keepdims=True)
    by_seed, by_speaker = values.mean(axis=-1, keepdims=True), values.mean(axis=-2, keepdims=True)
    left = values - by_seed - by_speaker + mean
    return (
        mean[..., 0, 0],
        speakers * ((by_seed - mean) ** 2).sum(axis=(-2, -1)) / (seeds - 1),
        seeds * ((by_speaker - mean) ** 2).sum(axis=(-2, -1)) / (speakers - 1),
        (left**2).sum(axis=(-2, -1)) / ((seeds - 1) * (speakers - 1)),
    )


def two_way(
    ms_seed: np.ndarray,
    ms_speaker: np.ndarray,
    ms_residual: np.ndarray,
    seeds: int | np.ndarray,
    speakers: int | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of the mean of a complete table, and its degrees of freedom, from the mean squares.

    Var = (MS_a + MS_b - MS_e) / (S K), by Satterthwaite on (MS_a + MS_b - MS_e)² / (MS_a² / (S-1) + MS_b² / (K-1) +
    MS_e² / ((S-1)(K-1))) degrees of freedom: the quasi-F of Clark (1973). Where a mean square is below MS_e, its
    component is 0: MS_a / (S K) on S - 1, MS_b / (S K) on K - 1, or MS_e / (S K) on (S-1)(K-1).

    >>> variance, df = two_way(np.array(16.0), np.array(16.0), np.array(4.0), 2, 2)
    >>> float(variance), round(float(df), 3)
    (7.0, 1.485)
    >>> variance, df = two_way(np.array(15.0), np.array(2.0), np.array(4.0), 3, 5)  # MS_b < MS_e
    >>> float(variance), float(df)
    (1.0, 2.0)
    """
    size, between = seeds * speakers, (seeds - 1) * (speakers - 1)
    total = ms_seed + ms_speaker - ms_residual
    with np.errstate(all="ignore"):
        df = total**2 / (ms_seed**2 / (seeds - 1) + ms_speaker**2 / (speakers - 1) + ms_residual**2 / between)
    no_seed, no_speaker = ms_seed < ms_residual, ms_speaker < ms_residual
    cases = [no_seed & no_speaker, no_speaker, no_seed]
    variance = np.select(cases, [ms_residual, ms_seed, ms_speaker], total) / size
    return variance, np.select(cases, [between, seeds - 1.0, speakers - 1.0], df)


def _closed(values: np.ndarray) -> Estimate:
    seeds, speakers = values.shape
    mean, a, b, e = mean_squares(values)
    variance, df = two_way(a, b, e, seeds, speakers)
    components = {"seed": max(0.0, float(a - e) / speakers), "speaker": max(0.0, float(b - e) / seeds)}
    components |= {"residual": float(e)}
    parts = {
        name: components[name] / count for name, count in zip(components, (seeds, speakers, values.size), strict=True)
    }
    return Estimate(float(mean), float(variance), float(df), CLOSED, components, parts, _zero(components))


def _nested(values: np.ndarray, met: np.ndarray) -> Estimate:
    """Estimate where no speaker meets two seeds, as in folds: their spread is part of that between seeds."""
    means, clusters = np.nanmean(values, axis=1), met.sum(axis=1)
    spread = float(means.var(ddof=1))
    variance, df = spread / len(means), len(means) - 1.0
    if (clusters == 1).all():
        return Estimate(float(means.mean()), variance, df, SPEAKERS_ALONE, {"speaker": spread}, {"speaker": variance})
    inside = float(np.nansum((values - means[:, None]) ** 2) / (met.sum() - len(means)))
    seed = max(0.0, spread - inside * float((1 / clusters).mean()))
    parts = {"seed": seed / len(means), "speaker": variance - seed / len(means)}
    components = {"seed": seed, "speaker": inside}
    return Estimate(float(means.mean()), variance, df, SEEDS_ALONE, components, parts, _zero(components))


def _zero(components: dict[str, float]) -> tuple[str, ...]:
    return tuple(f"{name}s" for name in ("seed", "speaker") if components[name] == 0)
