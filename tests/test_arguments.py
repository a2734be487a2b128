"""Command lines as people type them, composed by Hydra; a corpus by itself is looked at and nothing else."""

import os
from pathlib import Path

import pandas as pd
import pytest

from ser.arguments import as_hydra_reads, corpus_alone
from ser.audit import AuditSettings
from ser.command import check, config_folder
from ser.errors import ConfigError
from ser.prepare import PrepareSettings
from ser.settings import TrainSettings
from tests import commands
from tests.test_config import filled

CORPORA = sorted(path.stem for path in (config_folder() / "corpus").glob("*.yaml") if path.stem != "commonvoice")


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_corpus_is_a_dataset_by_itself(compose, corpus):
    for entry_point, schema in (("audit", AuditSettings), ("prepare", PrepareSettings)):
        composed = compose(*corpus_alone([f"corpus={corpus}", "corpora_dir=here"]), entry_point=entry_point)
        dataset = check(filled(composed), schema).dataset
        assert (dataset.name, dataset.used, [*dataset.corpora]) == (corpus, [corpus], [corpus])


def test_options_of_the_corpus_and_of_the_dataset_are_as_ever(compose):
    line = ["dataset.corpora.emovo.root=x", "corpus=emovo", "dataset.emotions=[joy,fear]", "dataset.labels={fear: joy}"]
    settings = check(compose(*corpus_alone(line), entry_point="audit"), AuditSettings)
    assert str(settings.dataset.corpora["emovo"].root) == "x"
    assert (settings.dataset.emotions, settings.dataset.labels) == (["joy", "fear"], {"fear": "joy"})
    assert str(settings.output) == "audit/emovo"


@pytest.mark.parametrize("entry_point", ["train", "search", "audit", "prepare"])
def test_labels_are_given_as_the_documentation_has_them(compose, entry_point):
    line = ["dataset.labels={calm: neutrality}", "dataset.corpora.ravdess.labels={wistful: sadness}"]
    dataset = compose("dataset=ravdess", *line, entry_point=entry_point).dataset
    assert dataset.labels == {"calm": "neutrality"}
    assert dataset.corpora.ravdess.labels == {"wistful": "sadness"}


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


def test_a_corpus_or_a_dataset():
    with pytest.raises(ConfigError, match="corpus=emovo is one corpus, dataset=emodb a set of them; keep one"):
        corpus_alone(["dataset=emodb", "corpus=emovo"])
    assert corpus_alone(["dataset=emodb", "players=0"]) == ["dataset=emodb", "players=0"]


def test_a_condition_keeps_its_quotes():
    line = ["""dataset.keep=gender == "female" and name != 'x'""", "dataset.keep=null", "seed=0"]
    assert as_hydra_reads(line) == [
        """dataset.keep='gender == "female" and name != \\'x\\''""",
        "dataset.keep=null",
        "seed=0",
    ]


@pytest.fixture
def only_emovo(small_corpora: Path, tmp_path: Path) -> Path:
    """Give a folder of corpora that has no other."""
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora/EMOVO").symlink_to(small_corpora / "EMOVO")
    return tmp_path / "corpora"


def test_audit_of_one_corpus_reads_no_other(only_emovo, tmp_path):
    line = "corpus=emovo", f"corpora_dir={only_emovo}", "players=0", "fail_on=never"
    ended = commands.run("ser.audit", *line, folder=tmp_path, environment=os.environ)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "audit/emovo/audit.html" in ended.stdout
    assert set(pd.read_csv(tmp_path / "audit/emovo/clips.csv")["corpus"]) == {"emovo"}
    both = commands.run("ser.audit", *line, "dataset=emovo", folder=tmp_path, environment=os.environ)
    assert (both.returncode, both.stdout) == (2, "")
    assert both.stderr == "error: corpus=emovo is one corpus, dataset=emovo a set of them; keep one of the two\n"


def test_preparation_of_one_corpus_asks_for_no_other(only_emovo, tmp_path):
    line = "corpus=emovo", f"corpora_dir={only_emovo}", f"store_dir={tmp_path / 'store'}"
    ended = commands.run("ser.prepare", *line, folder=tmp_path, environment=os.environ)
    assert ended.returncode == 0, ended.stderr
    assert "emovo: 84 clips" in ended.stdout
    assert "mozionalmente" not in ended.stdout + ended.stderr
    assert [path.name for path in only_emovo.iterdir()] == ["EMOVO"]
