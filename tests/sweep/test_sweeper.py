"""From a command line to cells, as Hydra's sweeper does it."""

import os

import hydra
import pytest
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from hydra_plugins.ser_grid import GridSweeper, compose_cells, limit_cells_at_once, overrides, visible_gpus
from ser.command import config_folder
from ser.errors import ConfigError


@pytest.fixture
def cells():
    """Give a function that makes the cells of a command line."""

    def make(*typed: str, usual: tuple[str, ...] = ()):
        with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
            base = hydra.compose("train", return_hydra_config=True)
            loader = GlobalHydra.instance().config_loader()
            return compose_cells(loader, base, overrides(loader, list(usual), list(typed)))

    return make


def test_what_is_typed_takes_the_place_of_what_an_experiment_sweeps(cells):
    made = cells(
        "seed.value=7", "pretune=it", usual=("model=wav2vec2,hubert", "pretune=none,it", "seed.value=range(0,9)")
    )
    assert [(c.settings.model.name, c.settings.pretune.name, c.settings.seed.value) for c in made] == [
        ("wav2vec2", "it", 7),
        ("hubert", "it", 7),
    ]


def test_a_grid_without_cells_is_a_mistake(cells):
    with pytest.raises(ConfigError, match=r"no cell is in this grid: model=glob\(zzz\*\)"):
        cells("model=glob(zzz*)")


def test_a_swept_value_is_a_plain_one(cells):
    with pytest.raises(ConfigError, match="sweep plain ones"):
        cells("training.patience=3,${training.epochs}")


@pytest.mark.parametrize(
    ("visible", "count"),
    [
        ("0,1,2", 3),
        ("GPU-a", 1),
        ("", 0),
        ("-1", 0),
        ("0,-1,2", 1),
        ("MIG-a,MIG-b", 1),
        ("GPU-a,GPU-b", 2),
        ("0,0", 0),
        ("0, 1", 2),
    ],
)
def test_only_gpus_that_cuda_shows_count(monkeypatch, visible, count):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_gpus() == count


@pytest.mark.parametrize(("accelerator", "cells"), [("auto", 2), ("cpu", 5)])
def test_as_many_cells_run_at_once_as_there_are_devices_to_train_on(monkeypatch, accelerator, cells):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    config = OmegaConf.create(
        {"max_parallel": None, "trainer": {"accelerator": accelerator}, "hydra": {"launcher": {"n_jobs": -1}}}
    )
    limit_cells_at_once(config)
    assert config.hydra.launcher.n_jobs == cells


def test_a_launcher_of_one_cell_at_a_time_says_so():
    config = OmegaConf.create({"max_parallel": 3, "hydra": {"launcher": {}, "job": {"chdir": None}}})
    with pytest.raises(ConfigError, match="add hydra/launcher=joblib"):
        GridSweeper.__new__(GridSweeper).setup(hydra_context=None, task_function=None, config=config)
