"""Two cells never share a folder, and people's way of writing seeds is understood."""

import pytest

from ser.sweep.names import cell_name, factors, seeds_as_values


def test_a_person_finds_a_cell_by_its_name() -> None:
    values = {"model": "hubert", "pretune": "it", "dataset": "emozionalmente", "seed": 3}
    assert cell_name(values) == "model=hubert,pretune=it,dataset=emozionalmente,seed=3"


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/b", "a_b"), ("a/b", "a,b"), ("a=b", "a_b"), ("../x", "/.x"), ("x" * 61, "x" * 62), ("è", "e"), ("1", "1 ")],
)
def test_different_values_never_share_a_folder(one: str, other: str) -> None:
    assert cell_name({"key": one}) != cell_name({"key": other})


@pytest.mark.parametrize("value", ["a/b", "../../etc", "a,b=c", "x" * 300, "with space", "\0"])
def test_a_name_is_one_folder_of_sane_length(value: str) -> None:
    name = cell_name({"key": value})
    assert "/" not in name
    assert "\0" not in name
    assert len(name) < 100


def test_swept_keys_join_the_factors() -> None:
    config = {"model.name": "hubert", "pretune.name": "it", "dataset.name": "d", "seed.value": 1}
    swept = ["training.learning_rate=0.001", "augmentation=noise"]
    assert factors(config.__getitem__, swept) == {
        "model": "hubert",
        "pretune": "it",
        "dataset": "d",
        "seed": 1,
        "training.learning_rate": "0.001",
        "augmentation": "noise",
    }


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("seed=7", "seed.value=7"),
        ("seed=0,1,2", "seed.value=0,1,2"),
        ("seed=range(0,110)", "seed.value=range(0,110)"),
        ("seed=paper", "seed=paper"),
        ("seed=three,paper", "seed=three,paper"),
        ("seed.value=4", "seed.value=4"),
        ("sweep=seed=7", "sweep=seed=7"),
    ],
)
def test_seeds_as_people_type_them(typed: str, understood: str) -> None:
    assert seeds_as_values(["-m", typed]) == ["-m", understood]
