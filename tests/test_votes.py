import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ser import votes
from ser.errors import CorpusError


def test_ratings_are_counted():
    assert votes.to_text(votes.count(["joy", "anger", "joy", "anger; joy"])) == '{"anger": 1.5, "joy": 2.5}'


def test_thirds_of_votes_add_up():
    text = votes.to_text(votes.count(["a;b;c"] * 3))
    assert text == '{"a": 1, "b": 1, "c": 1}'
    assert votes.majority(text) == "undecided"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('{"anger": 3, "joy": 2}', "anger"),
        ('{"anger": 2, "fear": 1, "joy": 2}', "undecided"),
        ('{"anger": 0.34, "joy": 0.33, "fear": 0.33}', "anger"),  # the most votes, no absolute majority
        ('{"other": 2, "joy": 1}', "other"),
        ("{}", "undecided"),
        ("", "undecided"),
    ],
)
def test_majority(text, label):
    assert votes.majority(text) == label


def test_votes_of_labels_that_become_one_are_added():
    text = '{"anger": 2, "excitement": 1.5, "joy": 1.5}'
    assert votes.majority(text) == "anger"
    merged = votes.renamed(text, {"excitement": "joy"})
    assert merged == '{"anger": 2, "joy": 3}'
    assert votes.majority(merged) == "joy"


def test_shares_are_among_the_emotions_that_are_chosen():
    column = pd.Series(['{"anger": 1, "fear": 2, "joy": 3}', '{"fear": 2}'])
    assert_allclose(votes.shares(column, ("joy", "anger")), [[0.75, 0.25], [float("nan")] * 2])
    assert_array_equal(votes.counts(column, ("fear", "joy")), [[2, 3], [2, 0]])
    assert votes.counts(column[:0], ("fear",)).shape == (0, 1)


def test_labels():
    column = pd.Series(['{"joy": 1, "other": 2}', '{"anger": 1, "undecided": 1}', ""])
    assert votes.labels_of(column) == ("anger", "joy", "other", "undecided")


@pytest.mark.parametrize("text", ["anger", '["anger"]', '{"anger": "2"}', '{"anger": -1}', '{"a": true}', '{"a": NaN}'])
def test_what_is_no_votes(text):
    with pytest.raises(CorpusError, match="are no numbers of labels; write them as"):
        votes.from_text(text)
