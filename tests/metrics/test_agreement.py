"""Alpha against Krippendorff's published examples and the package `krippendorff`; the ceiling against cases by hand."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser.metrics.agreement import human_ceiling, interval_alpha, krippendorff_alpha, left_out_confusions, pairable


def tabulated(*raters: str) -> np.ndarray:
    """(units, values): a row a rater, a character a unit, * for a missing rating, as Krippendorff prints his data."""
    values = sorted({value for row in raters for value in row} - {"*"})
    return np.array([[column.count(value) for value in values] for column in zip(*raters, strict=True)], float)


@pytest.mark.parametrize(
    ("raters", "alpha"),
    [
        # Computing Krippendorff's Alpha-Reliability, 2011, sections A (binary), B (nominal) and C (missing data).
        (("0100000010", "1110010000"), 0.095),
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        (("123321412***", "1233224125*3", "*3332342251*", "12332441251*"), 0.743),
    ],
)
def test_published_examples(raters, alpha):
    assert krippendorff_alpha(tabulated(*raters)) == pytest.approx(alpha, abs=5e-4)


def test_alpha_is_undefined_where_nothing_varies():
    assert np.isnan(krippendorff_alpha(np.array([[3.0, 0.0], [2.0, 0.0]])))
    assert np.isnan(krippendorff_alpha(np.array([[1.0, 0.0], [0.0, 1.0]])))


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=20).filter(
        lambda rows: (np.array([row for row in rows if sum(row) > 1] or [[0, 0, 0]]).sum(axis=0) > 0).sum() > 1
    )
)
def test_alpha_is_that_of_the_package(rows):
    counts = np.array(rows)
    truth = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    assert krippendorff_alpha(counts.astype(float)) == pytest.approx(truth, abs=1e-12)


def test_interval_alpha_of_the_published_example():
    """Computing Krippendorff's Alpha-Reliability, 2011, section C: four raters of twelve units, interval data."""
    raters = ("123321412***", "1233224125*3", "*3332342251*", "12332441251*")
    ratings = [[float(one) for one in column if one != "*"] for column in zip(*raters, strict=True)]
    assert interval_alpha(ratings) == pytest.approx(0.849, abs=5e-4)


@given(
    st.lists(st.lists(st.integers(1, 7), min_size=1, max_size=5), min_size=2, max_size=20).filter(
        lambda clips: len({one for clip in clips if len(clip) > 1 for one in clip}) > 1
    )
)
def test_interval_alpha_is_that_of_the_package(clips):
    wide = np.full((5, len(clips)), np.nan)
    for column, clip in enumerate(clips):
        wide[: len(clip), column] = clip
    truth = krippendorff.alpha(reliability_data=wide, level_of_measurement="interval")
    assert interval_alpha(clips) == pytest.approx(truth, abs=1e-9)
    assert interval_alpha([[10 * one - 3 for one in clip] for clip in clips]) == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize("ratings", [[], [[1.0], [2.0]], [[3.0, 3.0], [3.0, 3.0]]])
def test_interval_alpha_is_undefined_where_nothing_varies(ratings):
    assert np.isnan(interval_alpha(ratings))


def test_one_rater_against_the_majority_of_the_others():
    """By hand: anger x 3 agrees always; of (anger, anger, joy), joy never and each anger meets a tie of two: 1/3."""
    counts = np.array([[3.0, 0.0], [2.0, 1.0]])
    ceiling = human_ceiling(counts)
    assert ceiling.accuracy == pytest.approx((1 + 1 / 3) / 2)
    # majority anger: 1 of clip one, 1/3 (ties) + 1/3 (joy left out) of clip two; joy: 1/3 (ties), never met
    assert ceiling.uar == pytest.approx((4 / 3 / (5 / 3) + 0) / 2)
    assert ceiling.clips == 2
    assert 1 / 3 - 1e-9 <= ceiling.accuracy_low <= ceiling.accuracy <= ceiling.accuracy_high <= 1


def test_the_ceiling_is_that_of_raters_left_out_one_by_one():
    """Truth: each identified rater against the majority of the others, ties drawn, many times."""
    rng = np.random.default_rng(0)
    ratings = np.where(rng.random((60, 5)) < 0.6, rng.integers(0, 3, (60, 1)), rng.integers(0, 3, (60, 5)))
    counts = np.stack([(ratings == emotion).sum(axis=1) for emotion in range(3)], axis=1).astype(float)
    hits = []
    for rater in range(5):
        others = np.delete(ratings, rater, axis=1)
        for clip in range(60):
            votes = np.bincount(others[clip], minlength=3)
            leading = np.flatnonzero(votes == votes.max())
            hits.append(np.mean(leading == ratings[clip, rater]))
    assert human_ceiling(counts).accuracy == pytest.approx(np.mean(hits))


def test_clips_of_one_rater_and_divided_votes_do_not_count():
    counts = np.array([[1.0, 0.0], [1.5, 0.5], [0.6, 0.4], [2.0, 0.0]])
    assert pairable(counts).tolist() == [False, False, False, True]
    assert human_ceiling(counts).clips == 1
    assert human_ceiling(counts[:3]) is None
    assert left_out_confusions(counts[3:]).sum() == 1


def test_the_interval_covers_the_true_agreement():
    """95 % of the intervals hold the expectation, here from 2,000 times as many clips."""
    rng = np.random.default_rng(1)

    def draw(clips: int) -> np.ndarray:
        return rng.multinomial(5, [0.6, 0.3, 0.1], size=clips).astype(float)

    truth = human_ceiling(draw(100_000), resamples=2).accuracy
    inside = [c.accuracy_low <= truth <= c.accuracy_high for c in (human_ceiling(draw(50), 200) for _ in range(200))]
    assert 0.88 <= np.mean(inside) <= 0.99
