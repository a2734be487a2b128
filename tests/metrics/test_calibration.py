"""Calibration against torchmetrics, scikit-learn and torch, and by hand."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.classification import MulticlassCalibrationError

from ser.metrics import calibration


def drawn(clips: int, classes: int, seed: int, spread: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and truth that is drawn from their probabilities, so that the temperature is 1."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, spread, (clips, classes))
    chances = calibration.probabilities(logits).cumsum(axis=1)
    return logits, (random.random((clips, 1)) > chances).sum(axis=1).clip(max=classes - 1)


def test_examples():
    assert doctest.testmod(calibration).failed == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.integers(2, 7), st.integers(0, 1000), st.sampled_from([0.1, 2.0, 50.0]))
def test_against_torchmetrics_and_scikit_learn(clips, classes, seed, spread):
    logits, truth = drawn(clips, classes, seed, spread)
    probability = calibration.probabilities(logits)
    theirs = MulticlassCalibrationError(classes, n_bins=calibration.BINS).set_dtype(torch.float64)
    expected = theirs(torch.from_numpy(probability), torch.from_numpy(truth)).item()
    assert calibration.expected_calibration_error(probability, truth) == pytest.approx(expected, abs=1e-6)
    labels = list(range(classes))
    brier = brier_score_loss(truth, probability, labels=labels, scale_by_half=False)
    assert calibration.brier_score(probability, truth) == pytest.approx(brier, abs=1e-12)
    expected = log_loss(truth, np.fmax(probability, calibration.SMALLEST), labels=labels)
    found = calibration.negative_log_likelihood(probability, truth)
    assert found == pytest.approx(expected, rel=1e-6) or found > 30  # scikit-learn cuts at 2e-16


def test_confidence_on_the_edge_of_a_bin_is_of_the_lower_one():
    probability = np.array([[0.6, 0.4], [0.61, 0.39]])  # 0.6 = 9 / 15
    assert calibration.expected_calibration_error(probability, np.array([0, 1])) == pytest.approx((0.4 + 0.61) / 2)


def test_temperature_is_that_of_gradient_descent():
    logits, truth = drawn(300, 5, 0)
    logits = 3 * logits
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        descent.zero_grad()
        scaled = torch.from_numpy(logits) / log_temperature.exp()
        value = torch.nn.functional.cross_entropy(scaled, torch.from_numpy(truth))
        value.backward()
        return value

    descent.step(loss)
    found = calibration.fit_temperature(logits, truth)
    assert found == pytest.approx(log_temperature.exp().item(), rel=1e-4)
    assert found == pytest.approx(3, rel=0.15)


def test_temperature_of_a_model_that_is_always_right_or_wrong_stays_within_limits():
    low, high = calibration.LIMITS
    for truth in (np.array([0, 1]), np.array([1, 0])):
        assert low <= calibration.fit_temperature(np.array([[5.0, 0.0], [0.0, 5.0]]), truth) <= high


def test_scaling_helps_a_model_that_is_too_sure_and_changes_no_prediction():
    logits, truth = drawn(2000, 5, 1)
    temperature = calibration.fit_temperature(4 * logits[:1000], truth[:1000])
    found = calibration.scores(4 * logits[1000:], truth[1000:], temperature)
    for name in ("ece", "brier", "nll"):
        assert found[f"{name}_calibrated"] < found[name]
    plain, scaled = (calibration.probabilities(4 * logits, at).argmax(axis=1) for at in (1.0, temperature))
    assert (plain == scaled).all()
