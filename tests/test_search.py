"""A search from the command line, and the sweep that uses what it found."""

import json

import pandas as pd
import pytest
import yaml

from tests import commands

RATE = "training.learning_rate=tag(log,interval(1e-4,1e-2))"


@pytest.fixture(scope="module")
def search(tmp_path_factory, small_corpora, tiny_checkpoint):
    """Give a function that searches, and the folder that it works in; the foreign test set is nowhere to be found."""
    folder = tmp_path_factory.mktemp("search")
    usual = [
        *("dataset=emozionalmente", f"corpora_dir={small_corpora}", "trainer=cpu", "trainer.threads=1"),
        *(
            "training.epochs=1",
            "numerics.precision=bf16-mixed",
            "training.validate_every_steps=1",
            f"model.checkpoints.none={tiny_checkpoint('wav2vec2')}",
        ),
    ]

    def call(*arguments: str, module: str = "ser.search", code: int = 0) -> str:
        given = {item.partition("=")[0] for item in arguments}
        rest = [item for item in usual if item.partition("=")[0] not in given]
        done = commands.run(module, *arguments, *rest, folder=folder)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout + done.stderr

    return call, folder


@pytest.fixture(scope="module")
def found(search) -> tuple[str, dict]:
    call, folder = search
    unseen = "dataset.corpora.emovo.root=/nowhere"
    said = call("search=rate", "trials=3", RATE, "pooling=mean,max", unseen)
    return said, yaml.safe_load((folder / "searches/experiment/rate.yaml").read_text())


def test_trials_are_told_and_the_best_is_an_experiment(search, found):
    _, folder = search
    said, best = found
    assert [line[:5] for line in said.splitlines() if line.startswith("[")] == ["[1/3]", "[2/3]", "[3/3]"]
    trials = pd.read_csv(folder / "searches/rate/trials.csv")
    winner = trials.loc[trials["value"].idxmax()]
    assert best["training"]["learning_rate"] == pytest.approx(winner["params_training.learning_rate"])
    assert best["defaults"] == [{"override /pooling": winner["params_pooling"]}]
    assert best["seed"] == {"split": 0}
    assert trials["params_training.learning_rate"].between(1e-4, 1e-2).all()
    assert "use it: python -m ser.train -m --config-dir searches experiment=rate" in said


def test_what_was_found_is_what_the_grid_trains_with(search, found):
    call, folder = search
    use = found[0].rpartition("ser.train ")[2].splitlines()[0].split()
    call(*use, "seed=0,1", "tracker=none", module="ser.train")
    results = [json.loads(path.read_text()) for path in folder.glob("multirun_sweeps/default/*/result.json")]
    assert len(results) == 2
    for result in results:
        parameters = result["parameters"]
        assert parameters["training.learning_rate"] == found[1]["training"]["learning_rate"]
        assert parameters["pooling.name"] == found[1]["defaults"][0]["override /pooling"]
        assert parameters["seed.split"] == 0


def test_called_again_it_goes_on(search, found):
    call, _ = search
    said = call("search=rate", "trials=4", RATE, "pooling=mean,max")
    assert [line[:5] for line in said.splitlines() if line.startswith("[")] == ["[4/4]"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search=rate", RATE, "pooling=mean,max", "training.patience=2"], "training.patience: was 25, is 2"),
        (["search=rate", "pooling=mean,max"], "space.training.learning_rate: was FloatDistribution"),
        (["search=other"], "nothing is searched for"),
        (["search=other", "training.learning_rate=interval(1,0.1)"], "from a lower to a higher number"),
        (["search=a/b", RATE], "search=a/b"),
        ([RATE], "search has no value; give it one: search=..."),
        (["search=other", RATE, "share=0"], "share=0"),
        (
            ["search=short", "training.validate_every_steps=100", RATE, "trials=1"],
            "no trial of searches/short has ended",
        ),
    ],
)
def test_mistakes_are_told_in_one_message(search, found, arguments, message):
    call, _ = search
    said = call(*arguments, code=1 if "search=short" in arguments else 2)
    assert message in said
    assert "Traceback" not in said


def test_a_trial_that_cannot_be_trained_is_told_and_another_tried(search):
    call, folder = search
    said = call("search=some", "layers=one", "layers.layer=2,9", "trials=8")
    assert "FAILED: layers.layer=9: the encoder has 2 layers" in said
    assert yaml.safe_load((folder / "searches/experiment/some.yaml").read_text())["layers"] == {"layer": 2}


def test_a_trial_that_diverges_has_failed_and_the_search_goes_on(search):
    call, folder = search
    said = call("search=diverging", "training.learning_rate=1e-3,1e9", "trials=6", "seed.split=1")
    assert "FAILED: training diverged at step" in said
    best = yaml.safe_load((folder / "searches/experiment/diverging.yaml").read_text())
    assert best["training"] == {"learning_rate": 1e-3}
