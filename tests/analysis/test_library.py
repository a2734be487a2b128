"""The statistics as a library: any tidy table, examples that run, nothing heavy imported."""

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import ser
from ser import analysis
from ser.errors import ScoresError

STATISTICS = [
    *("assumptions", "comparisons", "contrasts", "design", "effect_sizes", "factorial", "mixed", "posthoc"),
    *(
        "published",
        "ranks",
        "levels",
        "power_tables",
        "reading",
        "repeated",
        "robust",
        "sample_size",
        "simple_effects",
        "stability",
        "standardised",
    ),
    *("summary", "tost"),
]
MODULES = ["ser.analysis", *(found.name for found in pkgutil.walk_packages(analysis.__path__, "ser.analysis."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("name", analysis.__all__)
def test_every_exported_function_has_an_example(name):
    function = getattr(analysis, name)
    assert function.__name__ == name
    assert ">>>" in inspect.getdoc(function)


def test_public_functions_of_the_statistics_have_an_example():
    lacking = {
        f"{name}.{function.__name__}"
        for name in STATISTICS
        for function in vars(importlib.import_module(f"ser.analysis.{name}")).values()
        if inspect.isfunction(function)
        and function.__module__ == f"ser.analysis.{name}"
        and not function.__name__.startswith(("_", "require_"))
        and ">>>" not in inspect.getdoc(function)
    }
    assert lacking == set()


def test_types_are_shipped():
    assert (Path(ser.__file__).parent / "py.typed").is_file()


def test_importing_the_library_is_light():
    program = "import sys, ser.analysis; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert not {"torch", "mlflow", "pandas", "numpy", "scipy", "matplotlib"} & set(loaded)


@pytest.fixture
def table() -> pd.DataFrame:
    """Two factors that no sweep of ours has, one of numbers; four seeds, which are text; a column that is neither."""
    rows = [(kind, layer, seed) for kind in ("conformer", "crnn") for layer in (2, 12) for seed in "abcd"]
    values = np.random.default_rng(0).normal(3.0, 0.5, len(rows))
    return pd.DataFrame(rows, columns=["encoder", "layer", "seed"]).assign(value=values, note="x")


FACTORS = ["encoder", "layer"]
CALLS = {
    "anova": lambda scores: analysis.anova(scores, FACTORS),
    "repeated_measures": lambda scores: analysis.repeated_measures(scores, FACTORS),
    "mixed_model": lambda scores: analysis.mixed_model(scores, FACTORS)[0],
    "simple_main_effects": lambda scores: analysis.simple_main_effects(scores, FACTORS),
    "paired_contrasts": lambda scores: analysis.paired_contrasts(scores, FACTORS),
    "welch_contrasts": lambda scores: analysis.welch_contrasts(scores, FACTORS),
    "equivalence": lambda scores: analysis.equivalence(scores, FACTORS, margin=0.1),
    "power": lambda scores: analysis.power(scores, FACTORS, margin=0.1),
    "describe": lambda scores: analysis.describe(scores, FACTORS),
}


@pytest.mark.parametrize("name", CALLS)
def test_any_tidy_table_is_taken_in_any_order(name, table):
    result = CALLS[name](table)
    assert len(result) > 2
    shuffled = table.sample(frac=1, random_state=0).set_index(pd.Index(range(100, 116)))
    pd.testing.assert_frame_equal(CALLS[name](shuffled), result, check_categorical=False)


def test_levels_of_numbers_are_in_their_order(table):
    row = analysis.paired_contrasts(table, FACTORS).query("kind == 'main' and factor == 'layer'").iloc[0]
    assert row["contrast"] == "12 - 2"
    means = table.groupby(["layer", "seed"])["value"].mean()
    assert row["t"] == pytest.approx(stats.ttest_rel(means[12], means[2]).statistic)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="seed"), r"missing column\(s\) seed; there are encoder, layer, value, note"),
        (lambda t: t.assign(value=np.inf), "infinite"),
        (lambda t: t.assign(value=1e300), "not 0 and not from 1e-100 to 1e\\+09 in size, in line"),
        (lambda t: t.assign(value=-1e-300), "not 0 and not from 1e-100 to 1e\\+09 in size, in line"),
        (lambda t: t.assign(value="good"), "'value' holds no number in line"),
        (lambda t: t.assign(seed=pd.Series([1, "a"] * 8, dtype=object)), "holds numbers .1. and text .'a'."),
        (lambda t: pd.concat([t, t.iloc[:1]]), "2 scores of encoder=conformer, layer=2, seed=a"),
    ],
)
def test_what_is_wrong_with_a_table_is_a_message(name, change, message, table):
    with pytest.raises(ScoresError, match=message):
        CALLS[name](change(table))


def test_missing_scores_are_left_out_and_counted(table):
    table.loc[0, "value"] = np.nan
    assert analysis.describe(table, FACTORS)["n"].tolist() == [3, 4, 4, 4]
    assert set(analysis.repeated_measures(table, FACTORS)["n_seeds"]) == {3}


@pytest.mark.parametrize("factors", [[], "encoder", ["encoder", "encoder"]])
def test_factors_are_a_list_of_columns(factors, table):
    with pytest.raises(ScoresError, match="a list of different columns is needed"):
        analysis.anova(table, factors)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_scores_are_read_from_any_table(suffix, table, tmp_path):
    path = tmp_path / f"scores{suffix}"
    table = table.assign(encoder=table["encoder"].replace({"crnn": "none", "conformer": "NA"}))
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    pd.testing.assert_frame_equal(analysis.read_scores(path), table, check_dtype=False)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.xlsx", "", "is a .csv, .tsv, .parquet file"),
        ("lost.csv", None, "there is no such file"),
        ("b.csv", "", "cannot be read as a table"),
        ("c.csv", "seed,value\n", "has no row"),
        ("d.csv", "seed,score\n1,2\n", r"missing column\(s\) value; there are seed, score"),
        ("e.csv", "seed,value\n1,good\n", r"'value' holds no number in line\(s\) 2"),
        ("f.parquet", "no parquet", "cannot be read as a table"),
    ],
)
def test_a_file_that_is_no_table_of_scores_is_a_message(name, text, message, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ScoresError, match=message):
        analysis.read_scores(tmp_path / name)


def test_a_score_that_is_empty_is_missing(tmp_path):
    (tmp_path / "a.csv").write_text("seed,value\n1,0.5\n2,\n3,NaN\n")
    assert analysis.read_scores(tmp_path / "a.csv")["value"].isna().tolist() == [False, True, True]
