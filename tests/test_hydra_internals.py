"""What Hydra and OmegaConf really do and say, so that a new version of them which does otherwise is noticed here."""

import hydra
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

from hydra_plugins.ser_grid import product
from ser import hydra_internals
from ser.command import config_folder


def error_of(compose, *overrides: str) -> Exception:
    try:
        compose(*overrides)
    except Exception as error:
        return error
    pytest.fail(f"{overrides} compose")


def test_outcome_of_a_job_is_what_it_returned_or_raised(capsys):
    failed, finished = JobReturn(status=JobStatus.FAILED), JobReturn(status=JobStatus.COMPLETED)
    failed.return_value, finished.return_value = ValueError("of the job"), 0.5
    assert hydra_internals.outcome(finished) == 0.5
    assert str(hydra_internals.outcome(failed)) == "of the job"
    assert capsys.readouterr().err == ""


def test_unknown_key_is_told_with_those_beside_it(compose):
    key, beside = hydra_internals.unknown_name(error_of(compose, "training.epoch=3"))
    assert key == "training.epoch"
    assert {"epochs", "patience"} <= set(beside)
    assert hydra_internals.unknown_name(error_of(compose, "model=huber")) is None


def test_key_without_a_value_is_told_as_it_is_typed():
    config = OmegaConf.create({"corpora": [{"root": "???"}]})
    with pytest.raises(Exception, match="corpora") as raised:
        OmegaConf.to_container(config, throw_on_missing=True)
    assert hydra_internals.missing_key(raised.value) == "corpora.0.root"
    assert hydra_internals.missing_key(ValueError("another")) is None


@pytest.mark.parametrize(
    ("override", "sign"),
    [
        ("training.epochs=1,2", hydra_internals.is_sweep_without_multirun),
        ("sweep=a{b", hydra_internals.is_syntax),
        ("sweep=città", hydra_internals.is_syntax),
        ("seed=1", hydra_internals.is_number_for_group),
        ("seed=[1,2]", hydra_internals.is_number_for_group),
    ],
)
def test_mistake_is_known_by_its_words_and_taken_for_no_other(compose, override, sign):
    error = error_of(compose, override)
    signs = (
        hydra_internals.is_sweep_without_multirun,
        hydra_internals.is_syntax,
        hydra_internals.is_number_for_group,
        hydra_internals.is_unknown_plugin,
    )
    assert [known for known in signs if known(error)] == [sign]


def test_launcher_that_is_not_installed_is_known_by_its_words():
    config = OmegaConf.create({"hydra": {"launcher": {"_target_": "hydra_plugins.nobody.Launcher"}}})
    with pytest.raises(Exception, match="nobody") as raised:
        Plugins.instance().instantiate_launcher(hydra_context=None, task_function=None, config=config)
    assert hydra_internals.is_unknown_plugin(raised.value)


def test_advice_of_hydra_is_left_out(compose):
    error = error_of(compose, "model=huber")
    assert "Config search path" in str(error)
    assert "search path" not in hydra_internals.without_hints(error)
    assert "Available options in 'model'" in hydra_internals.without_hints(error)


def test_grid_is_the_product_that_hydra_makes():
    """`hydra.plugins.sweeper` has no product of its own; that of the basic sweeper is the one users know."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

    typed = ["seed.value=range(0,3)", "model=glob(hubert*)", "+a.b='x y',2", "pretune=none", "training.epochs=1,2"]
    with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
        parser = OverridesParser.create(GlobalHydra.instance().config_loader())
        [theirs] = BasicSweeper.split_arguments(parser.parse_overrides(typed), max_batch_size=None)
        ours = [list(items) for items in product(parser.parse_overrides(typed))]
    assert ours == theirs
    assert len(ours) == 3 * 2 * 2 * 2
