import numpy as np
import pytest
import torch

from ser.metrics.distributions import js_distance, kl_divergence


def test_distances_by_hand():
    """(1, 0) against (1/2, 1/2): m = (3/4, 1/4); JSD = [log2(4/3) + (log2(2/3) + log2(2)) / 2] / 2 bits."""
    p, q = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
    divergence = (np.log2(4 / 3) + (np.log2(2 / 3) + 1) / 2) / 2
    assert js_distance(p, q) == pytest.approx(np.sqrt(divergence))
    assert js_distance(q, q) == 0
    assert kl_divergence(q, p) == pytest.approx(np.log(2))
    assert js_distance(np.vstack([p, q]), np.vstack([q, q])) == pytest.approx(np.sqrt(divergence) / 2)


def test_divergence_is_that_of_torch():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), 20), rng.dirichlet(np.ones(4), 20)
    truth = torch.nn.functional.kl_div(torch.tensor(p).log(), torch.tensor(q), reduction="batchmean")
    assert kl_divergence(p, q) == pytest.approx(float(truth))


def test_a_probability_of_zero_gives_a_finite_divergence():
    assert np.isfinite(kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])))
