"""One leaderboard over several people's sweeps: only what was scored on the same clips is compared."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser import analyze, archive, records
from ser.analysis.standings import pairs
from ser.errors import ScoresError
from tests.cells import result_record
from tests.sharing.conftest import analyze_settings, archive_settings, write_cell


@pytest.fixture
def shared_by(tmp_path: Path, quick: None):
    """Give a function that writes a sweep and its archive; cells are described by model and seed."""

    def write(name: str, *cells: tuple[str, int], **changes) -> Path:
        for model, seed in cells:
            signature = changes.get("signature", f"{name}-{model}-{seed}")
            write_cell(tmp_path / name, model, seed, **changes | {"signature": signature})
        archive.main(archive_settings(tmp_path / name))
        return tmp_path / f"{name}.zip"

    return write


def compared(*paths: Path, **changes) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    output = paths[0].with_name("compared")
    analyze.main(analyze_settings(paths, output=output, **changes))
    tables = (pd.read_csv(output / f"{name}_emovo.csv") for name in ("leaderboard", "pairs"))
    return *tables, (output / "report.md").read_text()


def test_the_sweeps_of_two_people(shared_by):
    anna = shared_by("anna", *(("wav2vec2", seed) for seed in range(4)))
    ben = shared_by("ben", *(("hubert", seed) for seed in range(4)))
    board, differences, text = compared(anna, ben)
    assert board["entry"].tolist() == ["ben: hubert", "anna: wav2vec2"]
    assert board["source"].tolist() == ["ben", "anna"]
    assert board["seeds"].tolist() == [4, 4]
    [row] = differences.to_dict("records")
    assert (row["a"], row["b"], row["n"]) == ("ben: hubert", "anna: wav2vec2", 4)
    assert row["error_term"].startswith("differences between seeds")
    assert "ben: hubert" in text


def test_other_seeds_of_the_whole_test_set_are_independent_groups(shared_by):
    paths = [shared_by(name, *(("hubert", seed) for seed in seeds)) for name, seeds in (("a", range(3)), ("b", (7, 8)))]
    _, differences, _ = compared(*paths)
    assert differences["n"].tolist() == [5]
    assert "Welch" in differences["error_term"][0]


def test_other_clips_are_named_and_not_compared(shared_by, tmp_path, capsys):
    anna = shared_by("anna", ("hubert", 0), ("hubert", 1), tests=("emovo", "emodb"))
    cell = next((tmp_path / "anna").glob("*seed=1")) / "predictions_emovo.parquet"
    ben_cell = write_cell(tmp_path / "ben", "hubert", 0, tests=("emovo", "emodb"), signature="ben")
    clips = pd.read_parquet(cell).query("emotion != 'joy'")
    clips.to_parquet(ben_cell / "predictions_emovo.parquet", index=False)
    (ben_cell / "result.json").unlink()
    rewritten(ben_cell)
    archive.main(archive_settings(tmp_path / "ben"))
    analyze.main(analyze_settings((anna, tmp_path / "ben.zip"), output=tmp_path / "out"))
    out = capsys.readouterr().out
    assert "emovo: not compared, as they were scored on other clips or emotions: anna (84 clips" in out
    assert "72 clips of anger, disgust, fear, neutrality, sadness, surprise" in out
    assert sorted(path.name for path in (tmp_path / "out").glob("*.csv")) == [
        "leaderboard_emodb.csv",
        "pairs_emodb.csv",
    ]


def rewritten(cell: Path) -> None:
    description = records.CellRecord.read(cell)
    scores = [{"dataset": test, "group": "all", "metric": "accuracy", "value": 0.5} for test in description.tests]
    result_record(description, scores=scores, files=records.digests(cell)).write(cell)


def test_cells_that_two_archives_have_count_once(shared_by):
    anna = shared_by("anna", ("hubert", 0), ("hubert", 1), ("wav2vec2", 0), ("wav2vec2", 1))
    again = shared_by("again", ("hubert", 0), signature="anna-hubert-0")
    more = shared_by("more", ("hubert", 5), ("hubert", 6))
    board, _, text = compared(anna, again, more)
    assert set(board["source"]) == {"anna", "more"}
    assert "1 cells of again are cells of anna, and counted there." in text
    assert "again has no score of metric 'accuracy' of its own" in text


def test_nothing_in_common(shared_by):
    anna, ben = shared_by("anna", ("hubert", 0)), shared_by("ben", ("hubert", 0), tests=("emodb",))
    with pytest.raises(ScoresError, match=r"nothing in these archives can be compared. emodb: a test set of ben alone"):
        compared(anna, ben)
    with pytest.raises(ScoresError, match="no archive has scores of metric 'ccc'"):
        compared(anna, ben, metric="ccc")


def test_pairs_are_those_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.6, 0.02, 8), rng.normal(0.58, 0.05, 8)
    table = pd.DataFrame({"entry": ["a"] * 8 + ["b"] * 8, "seed": [*range(8)] * 2, "value": [*a, *b]})
    paired = stats.ttest_rel(a, b)
    row = pairs(table, margin=0.01).iloc[0]
    sign = 1 if row["a"] == "a" else -1
    assert row["p"] == pytest.approx(paired.pvalue)
    assert row["ci_low"] == pytest.approx(min(sign * limit for limit in paired.confidence_interval()))
    welch = stats.ttest_ind(a, b, equal_var=False)
    row = pairs(table.assign(seed=range(16)), margin=0.01).iloc[0]
    assert (row["p"], row["df"]) == (pytest.approx(welch.pvalue), pytest.approx(welch.df))
