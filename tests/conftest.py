"""Fixtures that every test may use: real recordings where they lie beside the project, small made ones everywhere."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import hydra
import hypothesis
import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig

from ser.command import config_folder

hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "torture: takes minutes; runs with -m torture alone")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests out that take minutes, unless they are asked for.

    Keep a file in one process (pytest-xdist), and all that start servers, which take longest and so come first.
    """
    if "torture" not in config.getoption("-m"):
        config.hook.pytest_deselected(items=[item for item in items if "torture" in item.keywords])
        items[:] = [item for item in items if "torture" not in item.keywords]
    for item in items:
        cluster = "cluster" in item.path.parts
        item.add_marker(pytest.mark.xdist_group("cluster" if cluster else str(item.path)))
    items.sort(key=lambda item: "cluster" not in item.path.parts)


@pytest.fixture(scope="session")
def real_corpora() -> Path:
    """Give the folder of real recordings: SER_CORPORA, or `shared/corpora` beside the project; skip where it is not."""
    folder = Path(os.environ.get("SER_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set SER_CORPORA to run this test")
    return folder


@pytest.fixture(scope="session")
def compose() -> Callable[..., DictConfig]:
    """Give a function that composes a configuration as the command line does: overrides, and the entry point."""

    def call(*overrides: str, entry_point: str = "train", **options: bool) -> DictConfig:
        with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
            return hydra.compose(entry_point, list(overrides), **options)

    return call


@pytest.fixture(scope="session")
def small_corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of corpora in their published layouts, clips of 0.5 to 0.8 s with a tone for each emotion.

    EMOVO has 6 actors x 7 emotions x 2 sentences, Emozionalmente 10 people x 7 emotions x 2 sentences.
    """
    folder = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(0)
    for actor in ("f1", "f2", "f3", "m1", "m2", "m3"):
        for code in ("dis", "gio", "pau", "rab", "sor", "tri", "neu"):
            for sentence in ("b1", "n5"):
                _write_clip(folder / "EMOVO" / actor / f"{code}-{actor}-{sentence}.wav", code, rng)
    people = [(f"person{number}", ("Female", "Male")[number % 2] if number else "Other") for number in range(10)]
    samples = ["file_name,sentence,sentence_language,actor,emotion_expressed"]
    for name, _ in people:
        for emotion in ("disgust", "joy", "fear", "anger", "surprise", "sadness", "neutrality"):
            for sentence in ("Il treno parte.", "La pioggia cade."):
                samples.append(f"{len(samples)}.wav,{sentence},it,{name},{emotion}")
                _write_clip(folder / "Emozionalmente" / "audio" / f"{len(samples) - 1}.wav", emotion, rng)
    users = ["username,gender,age,mother_tongue", *(f"{name},{gender},30,it" for name, gender in people)]
    for name, lines in (("samples", samples), ("users", users)):
        table = folder / "Emozionalmente" / "metadata" / f"{name}.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _write_clip(path: Path, emotion: str, rng: np.random.Generator) -> None:
    time_s = np.arange(rng.integers(8000, 12800)) / 16000
    tone = np.sin(2 * np.pi * (200 + 10 * sum(map(ord, emotion))) * time_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * tone + 0.02 * rng.standard_normal(len(time_s)), 16000)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give a function that writes a random encoder, 2 layers x 32 wide, as a folder in hub layout.

    Its arguments: the architecture, as its config.json calls it; the head of the saved model (none, `ForCTC`,
    `ForPreTraining`, `ForConditionalGeneration`), the norm of the convolutions (`layer`, `group`), the seed of the
    weights, options of its configuration. A folder is shared by all who ask for the same: copy it before changing it.
    """

    @functools.cache
    def write(architecture: str = "wav2vec2", head: str = "", norm: str = "layer", seed: int = 0, **options) -> Path:
        import torch
        import transformers

        from tests.encoders import NAMES, configuration, extractor

        folder = tmp_path_factory.mktemp(f"{architecture}{head}-{norm}-{seed}-")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = getattr(transformers, f"{NAMES[architecture]}{head or 'Model'}")
            model = model(configuration(architecture, norm, **options))
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm1d):  # as pre-training leaves it: silence is not zero
                    for values in (module.running_mean, module.bias.data, module.weight.data):
                        values.normal_()
                    module.running_var.uniform_(0.5, 2)
            model.save_pretrained(folder)
        extractor(architecture, norm).save_pretrained(folder)
        return folder

    return write
