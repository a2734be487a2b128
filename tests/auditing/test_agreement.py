"""The agreement of raters in an audit; alpha is that of the package `krippendorff`, the rest is counted by hand."""

from dataclasses import replace

import krippendorff
import pandas as pd
import pytest

from ser.auditing.agreement import agreement, measure_agreement, table

VOTES = ['{"anger": 3}', '{"anger": 2, "joy": 1}', '{"joy": 3}', '{"anger": 1, "joy": 1, "other": 1}']


@pytest.fixture
def rated(made):
    """Give a function that makes a corpus with these votes; a clip without a majority is none of its clips."""
    measured = made()
    return lambda *texts: replace(measured, corpus=replace(measured.corpus, votes=pd.Series(texts, dtype="str")))


def test_agreement_is_over_all_clips_that_were_rated(rated):
    found = measure_agreement(rated(*VOTES, "", '{"joy": 1}', '{"anger": 0.5, "joy": 1.5}').corpus)
    counts = [[3, 0, 0], [2, 1, 0], [0, 3, 0], [1, 1, 1]]
    assert found["alpha"] == pytest.approx(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    assert (found["clips"], found["votes"], found["no_majority"], found["pairable"]) == (6, 15, 1, 4)
    # anger meets joy and other, each of three: never the same; of (anger, anger, joy) a third, see tests/metrics
    assert found["human_accuracy"] == pytest.approx((1 + 1 / 3 + 1 + 0) / 4)


def test_agreement_is_found_and_tabulated(rated):
    measured = rated(*VOTES)
    [finding] = agreement(measured)
    assert finding.severity == "note"
    assert "12 votes on 4 clips, 1 without a majority; Krippendorff's alpha is 0." in finding.message
    assert "One rater agrees with the majority of the others in 58.3% (" in finding.message
    assert table([measured])["corpus"].tolist() == ["mine"]


@pytest.mark.parametrize("texts", [('{"joy": 1}', '{"anger": 1}'), ('{"joy": 0.6, "anger": 0.4}',)])
def test_without_two_votes_of_a_clip_there_is_no_agreement(rated, texts):
    assert not list(agreement(rated(*texts)))
    assert table([rated(*texts)]).empty


def test_without_votes_there_is_no_agreement(made):
    assert not list(agreement(made()))


def test_agreement_on_dimensions(rated):
    ratings = ['{"arousal": [1, 2, 2], "valence": [4, 4]}', '{"arousal": [5, 5, 4]}', '{"arousal": [3]}', "{}"]
    one = rated(*VOTES)
    one = replace(one, corpus=replace(one.corpus, ratings=pd.Series(ratings, dtype="str")))
    truth = krippendorff.alpha(reliability_data=[[1, 5], [2, 5], [2, 4]], level_of_measurement="interval")
    assert table([one])["alpha_arousal"].tolist() == pytest.approx([truth])
    assert table([one])[["alpha_valence", "alpha_dominance"]].isna().all(axis=None)
    [finding] = agreement(one)
    assert f"; interval alpha of arousal {truth:.3f}" in finding.message
