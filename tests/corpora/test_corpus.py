import inspect
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ser.corpora import READERS, TRANSCRIBED, Terms, emodb
from ser.errors import ConfigError, CorpusError

CONFIGURATIONS = sorted((Path(__file__).parents[2] / "conf/corpus").glob("*.yaml"))


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_every_configuration_fits_a_reader(file):
    settings = OmegaConf.load(file)
    assert {"reader", "root", "channel"} <= settings.keys()
    assert "outside" in settings
    assert ("labels" in settings) == (settings.reader in READERS)
    options = settings.keys() - {"reader", "root", "channel", "outside", "labels", "scale"}
    module = (READERS | TRANSCRIBED)[settings.reader]
    tables = [getattr(module, name) for name in ("manifest", "transcripts") if hasattr(module, name)]
    assert tables
    for table in tables:
        inspect.signature(table).bind("root", **dict.fromkeys(options))


def test_every_reader_has_a_configuration():
    assert set(READERS | TRANSCRIBED) == {file.stem for file in CONFIGURATIONS}


@pytest.mark.parametrize("module", (READERS | TRANSCRIBED).values(), ids=lambda module: module.NAME)
def test_readers_state_the_facts(module):
    facts = ("NAME", "LANGUAGE", "LICENCE", "CITATION", "URL", "ARCHIVE", "MD5", "CLIPS", "LAYOUT", "EXPECTED")
    assert all(hasattr(module, fact) for fact in facts)
    assert (module.ARCHIVE is None) == (module.MD5 is None)


def test_no_such_reader(read_as, tmp_path):
    with pytest.raises(
        ConfigError, match=r"dataset.corpora.mine.reader=iemocop: no such reader; there are .*emovo.*emozionalmente"
    ):
        read_as("iemocop", tmp_path, name="mine")


def test_no_such_option(read_as, touch):
    with pytest.raises(ConfigError, match=r"dataset.corpora.emovo: .*'votes'; the options of the reader emovo: none"):
        read_as("emovo", touch("f1/neu-f1-b1.wav"), votes=[])
    with pytest.raises(ConfigError, match=r"'table'; the options of the reader manifest: table, votes, columns"):
        read_as("manifest", touch("a.wav"))


def test_no_such_folder(read_as, tmp_path):
    message = r"corpus 'mine': there is no folder .*/gone; set dataset.corpora.mine.root=<folder>"
    with pytest.raises(CorpusError, match=message + r"\. Get emovo \(free for research.*\) from http"):
        read_as("emovo", tmp_path / "gone", name="mine")
    with pytest.raises(CorpusError, match=message + "$"):
        read_as("manifest", tmp_path / "gone", table=tmp_path / "clips.csv", name="mine")
    with pytest.raises(CorpusError, match=r"corpus 'emodb': no folder is named; set dataset.corpora.emodb.root"):
        read_as("emodb", None)
    with pytest.raises(CorpusError, match=r"gone/clips.csv: cannot read this table"):
        read_as("manifest", None, table=tmp_path / "gone/clips.csv")


def test_another_folder(read_as, touch):
    with pytest.raises(CorpusError, match=r"is not its root, which holds wav/\*.wav; set dataset.corpora.emodb.root"):
        read_as("emodb", touch("f1/neu-f1-b1.wav"))


def test_the_folder_above(read_as, touch):
    with pytest.raises(CorpusError, match=r"is not its root.*; .*/EMOVO looks like it; set"):
        read_as("emovo", touch("EMOVO/f1/neu-f1-b1.wav", "EMOVO-old/f1/neu-f1-b1.wav"))


def test_home_is_understood(read_as, touch, monkeypatch):
    root = touch("EMOVO/f1/neu-f1-b1.wav")
    monkeypatch.setenv("HOME", str(root))
    assert read_as("emovo", Path("~/EMOVO")).root == root / "EMOVO"


def test_labels_outside_are_refused_on_demand(read_as, touch):
    root = touch("wav/03a01Fa.wav", "wav/03a01La.wav", "wav/08a01Lb.wav")
    with pytest.raises(CorpusError, match=r"boredom \(2 clips\); rename .*dataset.corpora.emodb.outside=drop"):
        read_as("emodb", root, outside="refuse", emotions=["joy", "anger"])
    assert read_as("emodb", root, channel=1).channel == 1


@pytest.mark.parametrize(("reader", "folder"), [("emovo", "EMOVO"), ("emodb", "EMO-DB")])
def test_reading_is_always_the_same(read_as, real_corpora, reader, folder):
    first, second = (read_as(reader, real_corpora / folder) for _ in range(2))
    assert first.clips.equals(second.clips)
    assert first.clips["path"].is_monotonic_increasing


def test_known_clips_are_left_out(read_as, touch, caplog):
    caplog.set_level("INFO")
    paths = [f"wav/{speaker}{sentence}Fa.wav" for speaker in ("03", "08") for sentence in emodb.SENTENCES]
    root = touch(*paths)
    clips = read_as("emodb", root, leave_out=[paths[3]]).clips
    assert list(clips["path"]) == [path for path in paths if path != paths[3]]
    assert "dataset.corpora.emodb.leave_out: 1 clips" in caplog.text
    with pytest.raises(CorpusError, match=r"dataset.corpora.emodb.leave_out: 2 of 20 clips, but at most 5% may be"):
        read_as("emodb", root, leave_out=paths[:2])
    with pytest.raises(CorpusError, match=r"emodb.leave_out: not in the corpus: 03a01Fa.wav; write paths as its manif"):
        read_as("emodb", root, leave_out=["03a01Fa.wav"])


def test_terms_are_those_of_the_reader(read_as, touch):
    corpus = read_as("emodb", touch("wav/03a01Fa.wav"))
    assert (corpus.reader, corpus.terms) == ("emodb", Terms(emodb.LICENCE, emodb.CITATION, emodb.URL))
    assert str(corpus.terms).startswith("licence: CC0-1.0; cite: F. Burkhardt")
