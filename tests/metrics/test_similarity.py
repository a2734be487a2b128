import numpy as np
import pytest

from ser.metrics.similarity import linear_cka


def test_worked_out_by_hand():
    x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [0.0], [2.0]])
    assert linear_cka(x, y) == pytest.approx(0.25)  # of single columns it is the squared correlation: (1/2)^2
    assert linear_cka(x, np.ones((3, 2))) == 0


def test_is_the_definition_by_centred_kernels():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 5)), rng.standard_normal((20, 3))
    centre = np.eye(20) - 1 / 20
    k, m = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
    assert linear_cka(x, y) == pytest.approx(np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m)))


def test_rotations_scales_and_shifts_do_not_matter():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 5))
    rotation, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    assert linear_cka(x, 3 * x @ rotation + 7) == pytest.approx(1)
