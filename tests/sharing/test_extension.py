"""The grid of an archive as command lines; what a stranger writes into a configuration is neither run nor resolved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from ser import records
from ser.errors import ArchiveError
from ser.sharing.extension import command_lines
from ser.sharing.record import ArchiveRecord
from ser.sharing.zip_files import Archive

Lines = Callable[..., list[list[str]]]


@pytest.fixture
def plain(compose) -> Callable[..., dict[str, Any]]:
    """Give a function that composes a configuration as plain values."""
    return lambda items: OmegaConf.to_container(compose(*items), resolve=True)


@pytest.fixture
def lines(tmp_path: Path, plain) -> Lines:
    """Give a function that returns the overrides of an archive of cells with these configurations."""

    def call(*configs: dict[str, Any] | str, others: tuple[str, ...] = (), **typed: list[str]) -> list[list[str]]:
        for number, config in enumerate(configs):
            text = config if isinstance(config, str) else yaml.safe_dump(config)
            records.write(tmp_path / f"sweep/{number}" / records.CONFIG, text)
        record = ArchiveRecord(sweep="grid", version="0.2.0", settings={}, files={})
        archive = Archive(tmp_path / "grid.zip", tmp_path, record, ())
        added = {key.replace("seed", "seed.value"): values for key, values in typed.items()}
        return [line.overrides for line in command_lines(archive, added, list(others), plain)]

    return call


def test_the_cells_of_an_archive_with_more_seeds(plain, lines):
    configs = [
        plain([f"model={model}", f"seed.value={seed}", "training.epochs=7"])
        for model in ("hubert", "wav2vec2")
        for seed in (0, 1)
    ]
    hubert, wav2vec2 = lines(*configs, seed=["110"])
    assert {"model=hubert", "pretune=none", "dataset=emozionalmente", "seed.value=0,1,110"} < set(hubert)
    assert [item for item in hubert if item.startswith("++")] == ["++training.epochs=7"]
    assert "model=wav2vec2" in wav2vec2


def test_what_is_typed_counts_more(plain, lines):
    config = plain(["training.epochs=7", "head=hidden"])
    [line] = lines(config, others=("training.epochs=3", "corpora_dir=/data"))
    assert not [item for item in line if item.startswith("++")]
    assert "head=hidden" in line
    assert line[-2:] == ["training.epochs=3", "corpora_dir=/data"]


def test_further_levels_of_a_factor(plain, lines):
    made = lines(plain(["model=hubert", "seed.value=3", "audio.loudness_lufs=null"]), model=["wavlm"])
    assert [[item for item in line if item.startswith("model=")] for line in made] == [
        ["model=hubert"],
        ["model=wavlm"],
    ]
    assert all("seed.value=3" in line and "++audio.loudness_lufs=null" in line for line in made)


def test_a_split_seed_of_its_own(plain, lines):
    [line] = lines(plain(["seed.value=3", "seed.split=5"]))
    assert {"seed.value=3", "seed.split=5"} < set(line)


def test_folders_of_another_machine_are_not_taken(plain, lines):
    config = plain(["corpora_dir=corpora of anna", "model.checkpoints.none=hubert-none"])
    [line] = lines(config)
    assert not [item for item in line if item.startswith("++")]
    config["model"]["checkpoints"]["none"] = "somebody/else@1a2b"
    assert "++model.checkpoints.none='somebody/else@1a2b'" in lines(config)[0]


@pytest.mark.parametrize("text", ["it's", "a,b", "\\", "", "a: b", "{x}", "null", "1.0"])
def test_any_text_comes_back(plain, lines, text):
    config = plain([])
    config["dataset"]["corpora"]["emovo"]["leave_out"] = [text]
    [line] = lines(config)
    assert plain(line)["dataset"]["corpora"]["emovo"]["leave_out"] == [text]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pooling.name", "subprocess.Popen"),
        ("loss.name", "os.system"),
        ("split.name", "my_lab.splits.mine"),
        ("model.architecture", "my_lab.encoders.MINE"),
        ("dataset.corpora.emovo.reader", "my_lab.corpora.read_x"),
        ("augmentation.transforms", [{"type": "subprocess.Popen", "args": ["touch", "x"], "probability": 1.0}]),
    ],
)
def test_code_of_a_stranger_is_not_run(plain, lines, key, value):
    config = plain([])
    part = config
    for name in key.split(".")[:-1]:
        part = part[name]
    part[key.split(".")[-1]] = value
    with pytest.raises(ArchiveError, match=r"grid\.zip was made with code of its owner, .*install it, and type"):
        lines(config)


def test_interpolations_of_a_stranger_are_refused(plain, lines):
    config = plain([])
    config["task"]["labels"] = "${oc.env:HOME}"
    with pytest.raises(ArchiveError, match=r"task.labels=\$\{oc.env:HOME\} would be interpolated"):
        lines(config)


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['touch owned']", "[]", "{a: 1}", "a: [", "\x00"])
def test_what_is_no_configuration(lines, text, tmp_path):
    with pytest.raises(ArchiveError, match=r"grid.zip: sweep/0/.hydra/config.yaml is no configuration of a cell"):
        lines(text)
    assert not Path("owned").exists()
