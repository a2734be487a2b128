"""Parts by name: the tables against their YAML, and parts of a package that lies outside the project's tree."""

import json
import os
import sys
from pathlib import Path

import hydra
import numpy as np
import pytest
import torch
import transformers
import yaml

from ser import parts, records
from ser.audio.augmentation import build_augmentation
from ser.audio.settings import TRANSFORMS
from ser.command import check, config_folder
from ser.corpora import READERS, TRANSCRIBED
from ser.errors import ConfigError
from ser.models.losses import build_loss
from ser.models.pooling import build_pooling
from ser.settings import SplitSettings, TrainSettings
from ser.settings.data import SPLITS
from ser.settings.network import LOSSES, POOLINGS
from ser.splits import assign
from tests import commands, lab
from tests.encoders import configuration, extractor

CONF = config_folder()


@pytest.fixture(scope="module", autouse=True)
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the package of the lab, and let this process import it."""
    folder = tmp_path_factory.mktemp("outside")
    lab.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_lab"]:
        del sys.modules[name]
    parts.import_path.cache_clear()


@pytest.fixture
def settled(outside):
    """Give a function that composes a configuration with the files of the lab, and checks it."""

    def call(*overrides: str) -> TrainSettings:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            path = f"hydra.searchpath=[file://{outside}/conf]"
            return check(hydra.compose("train", [path, *overrides]), TrainSettings)

    return call


def files(group: str) -> dict[str, dict]:
    return {file.stem: yaml.safe_load(file.read_text()) for file in (CONF / group).glob("*.yaml")}


@pytest.mark.parametrize("kind", [POOLINGS, LOSSES, SPLITS], ids=lambda kind: kind.name)
def test_every_part_of_a_table_has_a_file_with_all_its_keys(kind, compose):
    assert set(kind.table) == set(files(kind.name))
    for name in kind.table:
        keys = set(compose(f"{kind.name}={name}", "+corpus@dataset.corpora.emodb=emodb")[kind.name]) - {"name"}
        assert keys == set(kind._parameters(kind.find(name)))


def test_every_transform_of_the_table_is_in_a_file_with_all_its_keys():
    written = [transform for file in files("augmentation").values() for transform in file["transforms"]]
    assert {transform["type"] for transform in written} == set(TRANSFORMS.table)
    for transform in written:
        keys = set(transform) - {"type", "probability"}
        assert keys == set(TRANSFORMS._parameters(TRANSFORMS.find(transform["type"])))


def test_every_reader_has_a_file():
    assert set(READERS | TRANSCRIBED) == set(files("corpus"))


@pytest.mark.parametrize("typed", [("pooling=gem",), ("pooling=my_lab.pooling.GeM", "+pooling.p=3")])
def test_pooling_from_outside_is_worked_out_by_hand(settled, typed):
    pooling = build_pooling(settled(*typed).pooling, 2)
    hidden, mask = torch.tensor([[[1.0, 2.0], [3.0, -4.0], [9.0, 9.0]]]), torch.tensor([[True, True, False]])
    torch.testing.assert_close(pooling(hidden, mask), torch.tensor([[14 ** (1 / 3), 36 ** (1 / 3)]]))


@pytest.mark.parametrize("typed", [("loss=generalised",), ("loss=my_lab.losses.Generalised", "+loss.q=0.7")])
def test_loss_from_outside_is_worked_out_by_hand(settled, typed):
    loss = build_loss(settled(*typed).loss, np.array([3, 1]))
    logits = torch.log(torch.tensor([[0.8, 0.2], [0.5, 0.5]]))
    expected = (4 / 3 * (1 - 0.8**0.7) / 0.7 + 4 * (1 - 0.5**0.7) / 0.7) / 2
    assert loss(logits, torch.tensor([0, 1])).item() == pytest.approx(expected)


def test_loss_of_torch_is_one_of_outside(settled):
    loss = build_loss(settled("loss=torch.nn.CrossEntropyLoss", "+loss.label_smoothing=0.1").loss, np.array([3, 1]))
    assert type(loss) is torch.nn.CrossEntropyLoss
    assert loss.label_smoothing == 0.1


def test_augmentation_from_outside_and_of_the_library(settled):
    augmentation = build_augmentation(settled("augmentation=backwards").augmentation, 16000, 0)
    assert [type(transform).__name__ for transform in augmentation.chain.transforms] == ["Backwards", "LowPassFilter"]
    assert [transform.p for transform in augmentation.chain.transforms] == [0.5, 0.5]
    typed = settled("augmentation=my_lab.augmentation.Backwards", "augmentation.transforms.0.probability=1.0")
    waveforms = torch.arange(8.0).reshape(1, 8)
    played = build_augmentation(typed.augmentation, 16000, 0)(waveforms, torch.tensor([6]), step=0)
    assert played.tolist() == [[5, 4, 3, 2, 1, 0, 0, 0]]


def test_split_from_outside(settled, corpora_of_names):
    split = settled("split=last_speakers").split
    assert assign(split, corpora_of_names("abcd"), 0).tolist() == ["train", "validation", "test", "test"]
    with pytest.raises(ConfigError, match=r"split.name=my_lab.splits.too_few: it returns \(1,\) of train for the 4"):
        assign(SplitSettings(name="my_lab.splits.too_few"), corpora_of_names("abcd"), 0)


@pytest.fixture
def corpora_of_names(tmp_path):
    from ser.corpora import Corpus, Terms

    def make(speakers: str) -> Corpus:
        import pandas as pd

        clips = pd.DataFrame({"path": [*speakers], "speaker": [*speakers], "emotion": "joy", "gender": "female"})
        return Corpus("mine", tmp_path, clips, 0, {}, "my_lab.corpora.read_x", Terms(None, None, None))

    return make


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            "pooling=his_lab.pooling.GeM",
            "pooling.name=his_lab.pooling.GeM: there is no module 'his_lab'; put its fol",
        ),
        ("pooling=my_lab.pooling.Gem", "'my_lab.pooling' has no 'Gem'; did you mean my_lab.pooling.GeM?"),
        ("pooling=my_lab.pool.GeM", "pooling.name=my_lab.pool.GeM: 'my_lab' has no 'pool'"),
        ("pooling=my_lab.pooling.CONSTANT", "pooling.name=my_lab.pooling.CONSTANT: no pooling: it is int"),
        ("pooling=my_lab.pooling", "pooling.name=my_lab.pooling: no pooling: it is no class and no function"),
        ("pooling=my_lab.pooling.nothing", "no pooling, which is called with (width, ...): too many positional argum"),
        (
            "pooling=my_lab.broken.GeM",
            "'my_lab.broken' cannot be imported: No module named 'a_package_that_nobody",
        ),
        ("pooling=my_lab.wrong.GeM", "'my_lab.wrong' cannot be imported: ZeroDivisionError: division by zero"),
        ("pooling=gem pooling.p=many", "pooling.p=many: input should be a valid number"),
        ("pooling=gem pooling.p=true", "pooling.p=True: input should be a valid number"),
        ("pooling=gem +pooling.power=2", "unknown key pooling.power\n       allowed in pooling: name, p"),
        ("loss=my_lab.losses.Generalised", "loss.q is missing; give it: +loss.q=..."),
        (
            "loss.name=focel",
            "loss.name=focel: allowed are inverse_frequency, unweighted, label_smoothing, focal, ",
        ),
        ("augmentation=my_lab.pooling.GeM", "transforms.0.type=my_lab.pooling.GeM: no augmentation, which is called"),
        ("split=my_lab.splits", "no split: it is a module without a function 'assign'"),
        (
            "dataset=x dataset.corpora.x.reader=my_lab.corpora.read_y",
            "reader=my_lab.corpora.read_y: 'my_lab.corpor",
        ),
        (
            "model=unispeech model.architecture=my_lab.encoders.UNI",
            "model.architecture=my_lab.encoders.UNI: 'my_la",
        ),
    ],
)
def test_path_that_leads_to_no_part_is_one_message(settled, typed, message):
    with pytest.raises(ConfigError) as raised:
        settled(*typed.split(" "))
    assert message in str(raised.value)


def test_parts_of_the_wrong_kind_are_one_message_when_they_are_made(settled):
    with pytest.raises(ConfigError, match=r"pooling.name=my_lab.pooling.Narrow: no pooling; .* attribute width"):
        build_pooling(settled("pooling=my_lab.pooling.Narrow").pooling, 4)
    with pytest.raises(ConfigError, match=r"loss.name=my_lab.losses.nothing: a dict is no loss; derive it from"):
        build_loss(settled("loss=my_lab.losses.nothing").loss, np.array([1]))


def test_science_of_a_part_from_outside_has_its_source(settled, outside):
    first = settled("pooling=gem").science()["pooling"]
    assert first == {"name": "my_lab.pooling.GeM", "p": 3.0, "source_digest": parts.source_digest("my_lab.pooling.GeM")}
    assert "source_digest" not in json.dumps(settled("pooling=ecapa_tdnn").science())
    with_all = settled("dataset=x", "model=unispeech", "split=last_speakers", "augmentation=backwards").science()
    assert json.dumps(with_all).count("source_digest") == 5


@pytest.fixture(scope="module")
def command(outside, small_corpora):
    """Give a function that trains on tiny material with the parts of the lab, in a process of its own."""
    folder = outside / "checkpoint"
    torch.manual_seed(0)
    config = transformers.UniSpeechConfig(**configuration("wav2vec2").to_diff_dict() | {"model_type": "unispeech"})
    transformers.UniSpeechModel(config).save_pretrained(folder)
    extractor("wav2vec2").save_pretrained(folder)
    usual = [
        *("dataset=x", "model=unispeech", f"model.checkpoints.none={folder}", f"corpora_dir={small_corpora}"),
        *("training.epochs=1", "training.validate_every_steps=2", "trainer=cpu", "trainer.threads=1", "tracker=none"),
    ]

    def call(*typed: str) -> commands.Ended:
        line = ("ser.train", "--config-dir", str(outside / "conf"), *usual, *typed)
        path = os.pathsep.join(filter(None, (str(outside), os.environ.get("PYTHONPATH"))))
        return commands.run(*line, folder=outside, environment=os.environ | {"PYTHONPATH": path})

    return call


def test_cell_of_parts_from_outside_is_trained_and_scored(command, outside):
    chosen = ("pooling=gem", "loss=generalised", "augmentation=backwards", "split=last_speakers")
    call = command(*chosen)
    assert call.returncode == 0, call.stderr
    cell = outside / "multirun_sweeps" / "default" / "model=unispeech,pretune=none,dataset=x,seed=0"
    result = json.loads((cell / records.RESULT).read_text())
    assert result["corpora"]["x"]["licence"] == "CC0-1.0"
    assert result["split"] == {"train": 28, "validation": 14, "test": 28}
    sources = {key for key in result["parameters"] if key.endswith("source_digest")}
    keys = {"pooling", "loss", "split", "architecture", "dataset.corpora.x"}
    assert sources == {f"{key}.source_digest" for key in keys}

    module = outside / "my_lab" / "pooling.py"
    module.write_text(module.read_text() + "\n# another version\n")
    call = command(*chosen)
    assert call.returncode == 2
    assert "pooling.source_digest: was " in call.stderr
    assert "Traceback" not in call.stderr


def test_mistake_in_a_path_is_one_message_of_the_command(command):
    call = command("pooling=my_lab.pooling.Gem")
    assert call.returncode == 2
    assert call.stderr == (
        "error: pooling.name=my_lab.pooling.Gem: 'my_lab.pooling' has no 'Gem'; did you mean my_lab.pooling.GeM?\n"
    )
