"""What is typed, as Hydra is given it."""

import pytest

from ser.command import check
from ser.hydra_internals import as_hydra_reads
from ser.settings import TrainSettings


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ([], {"excitement": "joy"}),
        (["dataset.labels={calm: neutrality}"], {"calm": "neutrality"}),
        (["dataset.labels={}"], {}),
        (["+dataset.labels={calm: neutrality}"], {"excitement": "joy", "calm": "neutrality"}),
        (["dataset.labels.excitement=happy"], {"excitement": "happy"}),
    ],
)
def test_labels_that_are_typed_replace_those_of_the_dataset(compose, typed, labels):
    config = compose(*as_hydra_reads(["dataset=iemocap", *typed]))
    assert check(config, TrainSettings).dataset.labels == labels


@pytest.mark.parametrize("corpus", ["manifest", "emovo"])
def test_labels_of_a_corpus_need_no_plus_whether_its_file_has_some_or_not(compose, corpus):
    table = ["dataset.corpora.manifest.table=clips.csv"] if corpus == "manifest" else []
    config = compose(*as_hydra_reads([f"dataset={corpus}", *table, f"dataset.corpora.{corpus}.labels={{A: anger}}"]))
    assert check(config, TrainSettings).dataset.corpora[corpus].labels == {"A": "anger"}


def test_other_arguments_stay_as_they_are():
    typed = ["dataset.labels.A=anger", "sweep=labels={}", "~dataset.labels", "dataset.keep=null", "--cfg", "job"]
    assert as_hydra_reads(typed) == typed
