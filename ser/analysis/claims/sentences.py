"""Sentences as a third crossed random effect: what a difference is for new speakers who say new sentences."""

from itertools import combinations

import numpy as np

from ser.analysis.claims.estimate import Estimate

METHOD = "seeds x speakers x sentences, mean squares, Satterthwaite"
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
