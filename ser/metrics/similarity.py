"""Similarity of two representations of the same clips, invariant to rotation and scale."""

import numpy as np


def linear_cka(one: np.ndarray, other: np.ndarray) -> float:
    """Return the linear centred kernel alignment, from 0 to 1: 1 where one is the other, rotated and scaled.

    |Y'X|^2 / (|X'X| |Y'Y|), Frobenius norms of centred features, as in S. Kornblith et al., Similarity of Neural
    Network Representations Revisited, ICML 2019, https://arxiv.org/abs/1905.00414; 0 if one of
    them is constant over the clips.

    Args:
        one: (clips, width).
        other: (clips, width), of the same clips; the width may differ.
    """
    x, y = (features - features.mean(axis=0) for features in (one.astype(float), other.astype(float)))
    scale = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / scale) if scale > 0 else 0.0
