"""Ratings of arousal, valence and dominance, rescaled to 0 to 1."""

import pandas as pd

from ser.errors import CorpusError
from ser.schema import DIMENSIONS


def unit_scale(clips: pd.DataFrame, scale: tuple[float, float], source: str) -> pd.DataFrame:
    """Return the clips with their ratings as numbers from 0 (lowest of the scale) to 1 (highest).

    Corpora with different rating scales become comparable.

    Args:
        clips: manifest with the ratings as text.
        scale: the lowest and the highest possible rating.
        source: the corpus, for messages.

    Raises:
        CorpusError: a column is missing, or a rating is no number on the scale.
    """
    missing = [name for name in DIMENSIONS if name not in clips]
    if missing:
        raise CorpusError(f"{source}: it has a scale, but no column {', '.join(missing)}; name all three, or no scale")
    low, high = scale
    numbers = clips[[*DIMENSIONS]].apply(pd.to_numeric, errors="coerce")
    for name in DIMENSIONS:
        wrong = ~numbers[name].between(low, high)
        if wrong.any():
            clip = clips[wrong].iloc[0]
            raise CorpusError(
                f"{source}: {name} '{clip[name]}' of {clip['path']} ({int(wrong.sum())} such clips) is no number from"
                f" {low:g} to {high:g}; fix the table, or its scale"
            )
    return clips.assign(**{name: (numbers[name] - low) / (high - low) for name in DIMENSIONS})
