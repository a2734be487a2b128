import numpy as np
import pytest
import torch

from ser.metrics.distributions import DISTANCES, js_distances, kl_divergences
from ser.schema import DISTANCES as NAMES


def test_distances_by_hand():
    """(1, 0) against (1/2, 1/2): m = (3/4, 1/4); JSD = [log2(4/3) + (log2(2/3) + log2(2)) / 2] / 2 bits."""
    p, q = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.5, 0.5], [0.5, 0.5]])
    divergence = (np.log2(4 / 3) + (np.log2(2 / 3) + 1) / 2) / 2
    assert js_distances(p, q) == pytest.approx([np.sqrt(divergence), 0])
    assert kl_divergences(q, p) == pytest.approx([np.log(2), 0])


def test_divergence_is_that_of_torch():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), 20), rng.dirichlet(np.ones(4), 20)
    truth = torch.nn.functional.kl_div(torch.tensor(p).log(), torch.tensor(q), reduction="none").sum(dim=1)
    np.testing.assert_allclose(kl_divergences(p, q), truth)


def test_a_probability_of_zero_gives_a_finite_divergence():
    assert np.isfinite(kl_divergences(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))).all()


def test_the_names_are_those_of_the_schema():
    assert tuple(DISTANCES) == NAMES
