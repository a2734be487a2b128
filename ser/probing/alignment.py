"""Similarity (linear CKA) of the layers of encoders over the same clips."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ser.metrics.similarity import linear_cka
from ser.probing.representations import Representation


def align(representations: Sequence[Representation], clips: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the linear CKA of all pairs of layers, within each encoder and for each pair of encoders.

    Args:
        representations: encoders' features of the same corpora.
        clips: corpus -> (n,) positions of the clips to compare.

    Returns:
        Columns one, one_layer, other, other_layer, cka.
    """
    rows = []
    for one, other in itertools.combinations_with_replacement(representations, 2):
        for first, second in itertools.product(range(len(one.layers)), range(len(other.layers))):
            value = linear_cka(_features(one, first, clips), _features(other, second, clips))
            rows.append((one.name, one.layers[first], other.name, other.layers[second], value))
    return pd.DataFrame(rows, columns=["one", "one_layer", "other", "other_layer", "cka"])


def _features(representation: Representation, layer: int, clips: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([representation.features[corpus][layer][rows] for corpus, rows in clips.items()])
