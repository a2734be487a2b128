"""How alike the layers of encoders are, over the same clips."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ser.metrics.similarity import linear_cka
from ser.probing.representations import Representation


def align(representations: Sequence[Representation], clips: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Compare every layer of each with every layer of itself and of each that comes after it.

    Args:
        representations: of the same corpora.
        clips: corpus -> (n,) positions of the clips that are compared.

    Returns:
        Columns one, one_layer, other, other_layer, cka.
    """
    rows = []
    for one, other in itertools.combinations_with_replacement(representations, 2):
        for first, second in itertools.product(range(len(one.layers)), range(len(other.layers))):
            value = linear_cka(_over(one, first, clips), _over(other, second, clips))
            rows.append((one.name, one.layers[first], other.name, other.layers[second], value))
    return pd.DataFrame(rows, columns=["one", "one_layer", "other", "other_layer", "cka"])


def _over(representation: Representation, layer: int, clips: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([representation.features[corpus][layer][rows] for corpus, rows in clips.items()])
