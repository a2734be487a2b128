"""Sentences as a third crossed random effect: what a difference is for new speakers who say new sentences."""

from itertools import combinations

import numpy as np

from ser.analysis.claims.components import fit_components
from ser.analysis.claims.crossed import ROUNDING
from ser.analysis.claims.estimate import Estimate
from ser.errors import ScoresError

METHOD = "seeds x speakers x sentences, mean squares, Satterthwaite"
REML = "seeds x speakers x sentences, REML weighted by clips, Satterthwaite"
MOST_LEVELS = 600
"""Levels of all random effects up to which likelihoods are maximised, which takes their third power of time."""
NAMES = ("seed", "speaker", "sentence")
EFFECTS = tuple(effect for size in (1, 2, 3) for effect in combinations(range(3), size))
LABELS = {effect: "residual" if len(effect) == 3 else " x ".join(NAMES[i] for i in effect) for effect in EFFECTS}


def three_way(values: np.ndarray) -> Estimate:
    """Estimate the mean of a complete table, for other seeds, other speakers and other sentences.

    d = delta + seed + speaker + sentence + the three interactions of two + residual, all random. Each component comes
    from the mean squares and is 0 where it would be below; the variance of the mean is the sum of component / number
    of its levels, and Satterthwaite's df those of the mean squares that it is a sum of. Main effects alone, without the
    interactions, would be up to 30 % too wide.

    Args:
        values: (seeds, speakers, sentences), means of equal numbers of clips; no NaN, two levels at least of each.

    Returns:
        Components by name: `seed`, `speaker`, `sentence`, `seed x speaker`, ..., `residual`.

    >>> random = np.random.default_rng(0)
    >>> values = random.normal(size=(4, 1, 1)) + random.normal(size=(1, 5, 1)) + random.normal(size=(4, 5, 6))
    >>> estimate = three_way(values)
    >>> round(estimate.value, 3), round(estimate.se, 3), round(estimate.df, 2), estimate.zero
    (0.503, 0.461, 5.45, ())
    """
    levels = np.array(values.shape)
    squares = {effect: _mean_square(values, effect) for effect in EFFECTS}
    weights: dict[tuple[int, ...], float] = dict.fromkeys(EFFECTS, 0.0)
    components: dict[str, float] = {}
    for effect in reversed(EFFECTS):  # the residual first
        coefficients = _component(effect, levels)
        component = sum(factor * squares[term] for term, factor in coefficients.items())
        components[LABELS[effect]] = max(0.0, component)
        if component > 0:
            for term, factor in coefficients.items():
                weights[term] += factor / float(np.prod(levels[list(effect)]))
    sources = {effect: weights[effect] * squares[effect] for effect in EFFECTS}
    variance = sum(sources.values())
    spread = sum(part**2 / np.prod(levels[list(effect)] - 1) for effect, part in sources.items())
    df = float(variance**2 / spread) if spread > 0 else np.nan
    parts = {name: components[name] / np.prod(levels[list(effect)]) for effect, name in LABELS.items()}
    zero = tuple(f"{name}s" for name in NAMES if components[name] == 0)
    return Estimate(float(values.mean()), float(variance), df, METHOD, components, parts, zero)


def three_way_uneven(values: np.ndarray, clips: np.ndarray) -> Estimate:
    """Estimate the mean of a table with gaps or unequal numbers of clips, for other seeds, speakers and sentences.

    Restricted maximum likelihood with all six random effects, in R `lmer(d ~ 1 + (1|seed) + (1|speaker) + (1|sentence)
    + (1|seed:speaker) + (1|seed:sentence) + (1|speaker:sentence), weights = n)`. Effects whose levels group the values
    alike are one, as where no speaker meets two seeds; the first of them has it.

    Args:
        values: (seeds, speakers, sentences), differences; NaN where there is none.
        clips: (seeds, speakers, sentences), the clips that each rests on.

    Returns:
        Components by name, as `three_way`.

    Raises:
        ScoresError: a factor has one level, the effects have more than `MOST_LEVELS`, or cannot be told apart.
    """
    met = ~np.isnan(values)
    where = np.nonzero(met)
    if min(len(np.unique(codes)) for codes in where) < 2:
        raise ScoresError("one level of seeds, of speakers or of sentences: whether another would do so is unknown")
    if np.ptp(values[met]) <= ROUNDING * np.abs(values[met]).max():
        return Estimate(float(values[met].mean()), 0.0, np.nan, REML)
    groupings: dict[bytes, tuple[str, np.ndarray]] = {}
    for effect in EFFECTS[:-1]:
        codes = np.unique(np.column_stack([where[axis] for axis in effect]), axis=0, return_inverse=True)[1].ravel()
        first = np.unique(codes, return_index=True, return_inverse=True)
        alike = first[1][first[2]].tobytes()  # each value by the first one of its level
        if len(first[0]) < met.sum():  # else it is the residual
            groupings.setdefault(alike, (LABELS[effect], codes))
    if sum(int(codes.max()) + 1 for _, codes in groupings.values()) > MOST_LEVELS:
        raise ScoresError(f"more than {MOST_LEVELS} levels of random effects")
    fitted = fit_components(values[met], clips[met], [codes for _, codes in groupings.values()])
    names = [*(name for name, _ in groupings.values()), LABELS[EFFECTS[-1]]]
    components = dict(zip(names, map(float, fitted.variances), strict=True))
    parts = dict(zip(names, map(float, fitted.parts), strict=True))
    zero = tuple(f"{name}s" for name in NAMES if components.get(name, 1.0) == 0)
    return Estimate(fitted.mean, fitted.variance, fitted.df, REML, components, parts, zero)


def _mean_square(values: np.ndarray, effect: tuple[int, ...]) -> float:
    """Return the mean square of a main effect or interaction of a complete table."""
    left = values
    for axis in range(3):
        mean = left.mean(axis=axis, keepdims=True)
        left = left - mean if axis in effect else mean
    repeats = values.size / left.size
    return float(repeats * (left**2).sum() / np.prod([values.shape[axis] - 1 for axis in effect]))


def _component(effect: tuple[int, ...], levels: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return the mean squares whose weighted sum has the component of the effect for its expectation.

    By inclusion and exclusion over the effects that contain it: A = (MS_A - MS_AB - MS_AC + MS_ABC) / (K J).
    """
    others = [axis for axis in range(3) if axis not in effect]
    repeats = float(np.prod(levels[others])) if others else 1.0
    return {
        tuple(sorted((*effect, *more))): (-1) ** size / repeats
        for size in range(len(others) + 1)
        for more in combinations(others, size)
    }
