"""Every file under conf/, found by glob, so that a new one is tested the day it is added."""

import importlib
from collections.abc import Iterator

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from ser.command import check, config_folder
from ser.corpora import TRANSCRIBED
from ser.errors import ConfigError
from ser.pretuning.settings import PretuneSettings
from ser.settings import TrainSettings
from ser.settings.network import CONVOLUTIONS, INVERSE_FREQUENCY, LAST, LINEAR, MEAN

CONF = config_folder()
ENTRY_POINTS = sorted(path.stem for path in CONF.glob("*.yaml"))
OPTIONS = sorted(str(path.relative_to(CONF).with_suffix("")) for path in CONF.glob("*/**/*.yaml"))
ELSEWHERE = ("corpus", "hydra")
"""Groups whose files do not become the part of the configuration that is called like them."""
GLOBAL = ("experiment", "recipe")
"""Groups whose files change the whole configuration."""
NEEDS = {"split/leave_one_corpus_out": ("dataset=emodb_emovo", "split.corpus=emodb")}
"""Options that only go with another."""


def schema(entry_point: str) -> type:
    """Return `AnalyzeSettings` for `analyze`."""
    return getattr(importlib.import_module(f"ser.{entry_point}"), f"{entry_point.capitalize()}Settings")


def filled(config: DictConfig) -> DictConfig:
    """Give a value to every key that must be given one."""
    for key in missing(OmegaConf.to_container(config)):
        OmegaConf.update(config, key, "given")
    return config


def missing(content: object, prefix: str = "") -> Iterator[str]:
    """Find the keys that hold `???`."""
    if content == "???":
        yield prefix.removeprefix(".")
    elif isinstance(content, dict | list):
        for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
            yield from missing(inner, f"{prefix}.{key}")


def entry_point_of(group: str) -> str:
    """Return the first of the entry points that have the group among their defaults; train, which has most, first."""
    for name in sorted(ENTRY_POINTS, key=lambda name: name != "train"):
        defaults = yaml.safe_load((CONF / f"{name}.yaml").read_text()).get("defaults", [])
        if any(group in default for default in defaults if isinstance(default, dict)):
            return name
    pytest.fail(f"no entry point has a group {group}")


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_entry_point_composes_and_is_valid(compose, entry_point):
    check(filled(compose(entry_point=entry_point)), schema(entry_point))


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.split("/")[0] not in ELSEWHERE])
def test_option_composes_and_is_valid_and_is_called_like_its_file(compose, option):
    group, name = option.split("/")
    entry_point = entry_point_of(group)
    made = [f"++model.checkpoints.{name}=given"] if group == "pretune" else []  # a level that the models do not name
    config = filled(compose(f"{group}={name}", *made, *NEEDS.get(option, ()), entry_point=entry_point))
    check(config, schema(entry_point))
    if group not in GLOBAL:
        assert config[group].name == name


def test_search_varies_the_same_network_data_and_protocol_as_training():
    """Hydra lets no entry point include another one, so their lists of groups are two."""
    train, search = (yaml.safe_load((CONF / f"{name}.yaml").read_text())["defaults"] for name in ("train", "search"))
    of_sweeps = ({"tracker": "mlflow"}, {"override hydra/sweeper": "grid"}, {"override hydra/sweeper": "search"})
    assert [each for each in train if each not in of_sweeps] == [each for each in search if each not in of_sweeps]


@pytest.mark.parametrize("name", [option.split("/")[1] for option in OPTIONS if option.startswith("pretune/")])
def test_every_level_but_none_can_be_made(compose, name):
    config = compose(f"pretune={name}", entry_point="pretune")
    if name == "none":
        with pytest.raises(ConfigError, match="pretune=none has no language"):
            check(config, PretuneSettings)
    else:
        settings = check(config, PretuneSettings)
        assert settings.output == settings.checkpoints_dir / f"wav2vec2-{name}"


@pytest.mark.parametrize("name", [option.split("/")[1] for option in OPTIONS if option.startswith("corpus/")])
def test_corpus_composes_and_is_valid_and_is_read_by_its_own_reader(compose, name):
    config = filled(compose(f"+corpus@dataset.corpora.another={name}"))
    assert check(config, TrainSettings).dataset.corpora["another"].reader == name


@pytest.mark.parametrize("name", TRANSCRIBED)
def test_corpus_is_transcribed_speech_alone_and_beside_another(compose, name):
    for chosen in (name, f"[{name},emodb]"):
        settings = check(filled(compose(f"corpus={chosen}", entry_point="pretune")), PretuneSettings)
        assert settings.corpora[name].reader == name
        assert set(settings.corpora) == {name} | ({"emodb"} if "[" in chosen else set())


def test_what_all_entry_points_ask_of_hydra_is_in_one_file(compose):
    for name in ENTRY_POINTS:
        assert yaml.safe_load((CONF / f"{name}.yaml").read_text())["defaults"][0] == "hydra/base/command"
        asked = compose(entry_point=name, return_hydra_config=True).hydra
        assert (asked.job.name, asked.help.app_name) == (name, f"python -m ser.{name}")
        assert (asked.run.dir, asked.output_subdir) == (".", None)


@pytest.mark.parametrize(
    "option", [name for name in OPTIONS if name.startswith("hydra/") and not name.startswith("hydra/base/")]
)
def test_option_of_hydra_composes(compose, option):
    _, group, name = option.split("/")
    if group == "launcher":
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    entry_point = "train" if group != "job_logging" or name == "cell" else "synth"
    config = compose(f"hydra/{group}={name}", entry_point=entry_point, return_hydra_config=True)
    config.hydra.runtime.output_dir = "given"
    OmegaConf.to_container(config.hydra[group], resolve=True)


@pytest.mark.parametrize("model", ["wav2vec2", "hubert"])
@pytest.mark.parametrize("pretune", ["none", "it"])
def test_checkpoints_are_those_of_the_paper(compose, model, pretune):
    published = {
        ("wav2vec2", "none"): "facebook/wav2vec2-large-xlsr-53",
        ("wav2vec2", "it"): "jonatasgrosman/wav2vec2-large-xlsr-53-italian",
        ("hubert", "none"): "facebook/hubert-large-ll60k",
        ("hubert", "it"): "jonatasgrosman/exp_w2v2t_it_hubert_s722",
    }
    assert check(compose(f"model={model}", f"pretune={pretune}"), TrainSettings).checkpoint == published[model, pretune]


@pytest.mark.parametrize("name", [option.split("/")[1] for option in OPTIONS if option.startswith("model/")])
def test_every_model_names_a_checkpoint_of_its_owner(compose, name):
    owner, _, model = check(compose(f"model={name}"), TrainSettings).checkpoint.partition("/")
    assert owner in ("asapp", "ntu-spml", "facebook", "microsoft", "openai")
    assert model


def test_default_is_the_protocol_of_the_paper(compose):
    settings = check(compose(), TrainSettings)
    protocol = settings.training
    assert (protocol.epochs, protocol.batch_size, protocol.learning_rate) == (50, 16, 5e-5)
    assert (protocol.validate_every_steps, protocol.patience, protocol.minimum_improvement) == (10, 25, 0.01)
    assert protocol.gradient_clip_norm == 1.0
    assert settings.pooling == MEAN
    assert settings.layers == LAST
    assert settings.head == LINEAR
    assert settings.freezing == CONVOLUTIONS
    assert settings.loss == INVERSE_FREQUENCY
    assert (settings.audio.sample_rate, settings.audio.loudness_lufs) == (16000, -23)
    assert (settings.dataset.train, settings.dataset.tests) == (["emozionalmente"], ["emozionalmente", "emovo"])
    assert settings.augmentation.transforms == ()
    assert settings.seed.split == settings.seed.value


def test_experiment_paper_is_the_design_of_the_paper(compose):
    swept = compose("experiment=paper", return_hydra_config=True).hydra.sweeper.params
    assert swept == {"model": "wav2vec2,hubert", "pretune": "none,it", "seed.value": "range(0,110)"}
    fewer = compose("experiment=paper", "seed=three", return_hydra_config=True).hydra.sweeper.params
    assert fewer == {**swept, "seed.value": "range(0,3)"}


@pytest.mark.parametrize(("name", "seeds"), [("three", 3), ("ten", 10), ("paper", 110)])
def test_seed_sets_count_from_nought(compose, name, seeds):
    config = compose(f"seed={name}", return_hydra_config=True)
    assert config.hydra.mode.name == "MULTIRUN"
    assert config.hydra.sweeper.params == {"seed.value": f"range(0,{seeds})"}


def test_split_follows_the_seed_unless_it_is_set_apart(compose):
    for seeds in ("one", "paper"):
        assert check(compose(f"seed={seeds}", "seed.value=7"), TrainSettings).seed.split == 7
        assert check(compose(f"seed={seeds}", "seed.value=7", "seed.split=3"), TrainSettings).seed.split == 3
