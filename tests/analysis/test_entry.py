"""From MLflow to the report and through the notebook, with a real tracker on a real database."""

import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from ser import analyze, records
from ser.analysis import report
from ser.analysis.claims import claims
from ser.analysis.claims.files import read_cells, read_speakers
from ser.analysis.figures import style
from ser.errors import ConfigError, RecordError, ScoresError
from ser.schema import EMOTIONS
from ser.status import seeds_hint
from ser.tables import SweepTables, read_folders
from ser.tracking import Tracker
from tests.cells import cell_record, result_record

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "analysis.ipynb"
SWEEP = "grid"


@pytest.fixture(scope="module")
def sweeps_dir(tmp_path_factory):
    """Give a folder with a tracked sweep: 2 models x 2 pre-tunings x 2 test sets x 4 seeds."""
    folder, random = tmp_path_factory.mktemp("sweeps"), np.random.default_rng(0)
    tracker = Tracker(f"sqlite:///{folder}/mlflow.db", SWEEP, folder)
    for model in ("hubert", "wav2vec2"):
        for pretune in ("none", "it"):
            for seed in range(4):
                publish(
                    tracker,
                    folder / SWEEP,
                    {"model": model, "pretune": pretune, "dataset": "emodb", "seed": seed},
                    random,
                )
    return folder


def publish(tracker: Tracker, folder: Path, factors: dict, random: np.random.Generator) -> None:
    folder = folder / ",".join(f"{key}={value}" for key, value in factors.items())
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text("a: 1\n")
    cell = cell_record(factors=factors, tests=["emodb", "emovo"])
    records.start(folder, cell)
    rows = [
        {"dataset": test, "group": group, "metric": "accuracy", "value": float(random.normal(0.6, 0.02))}
        for test in cell.tests
        for group in ("all", "female", "male")
    ]
    matrix = {"emotions": list(EMOTIONS), "counts": random.integers(1, 9, (7, 7)).tolist()}
    result_record(cell, scores=rows, confusion=dict.fromkeys(cell.tests, matrix), ended=1e9 + 60).write(folder)
    tracker.publish(folder)


def settings(sweeps_dir: Path, **changes) -> analyze.AnalyzeSettings:
    choices = {
        "sweep": SWEEP,
        "scores": None,
        "speaker_scores": None,
        "predictions": None,
        "archive": None,
        "sweeps_dir": sweeps_dir,
        "output": sweeps_dir / SWEEP / "report",
        "tracker": {"name": "mlflow", "uri": f"sqlite:///{sweeps_dir}/mlflow.db"},
        "metric": "accuracy",
        "only": None,
        "factors": ("model", "pretune", "dataset"),
        "margin": 0.01,
        "alpha": 0.05,
        "typ": 2,
        "reference": None,
    }
    return analyze.AnalyzeSettings(**choices | changes)


def test_analyze_ends_by_naming_the_report(sweeps_dir, capsys):
    analyze.main(settings(sweeps_dir))
    last = capsys.readouterr().out.strip().splitlines()[-1]
    report = sweeps_dir / SWEEP / "report" / "report.html"
    assert last == f"report: {report} (also report.md)"
    assert report.is_file()
    logged = list((sweeps_dir / "artifacts").rglob("report/report.html"))
    assert [path.read_bytes() for path in logged] == [report.read_bytes()]


def test_mistakes_are_one_message(sweeps_dir):
    with pytest.raises(ScoresError, match="no score of metric 'uar'; there are accuracy"):
        analyze.main(settings(sweeps_dir, metric="uar"))
    with pytest.raises(ScoresError, match="no sweep 'other'"):
        analyze.main(settings(sweeps_dir, sweep="other"))
    with pytest.raises(ConfigError, match="name one thing to analyse, not nothing: sweep="):
        analyze.main(settings(sweeps_dir, sweep=None))
    with pytest.raises(ConfigError, match="not sweep and scores"):
        analyze.main(settings(sweeps_dir, scores=Path("scores.csv")))
    with pytest.raises(ConfigError, match="goes with scores"):
        analyze.main(settings(sweeps_dir, speaker_scores=Path("speaker_scores.csv")))


class Here(ThreadPoolExecutor):
    """Reads in this process."""


def read(chosen: analyze.AnalyzeSettings) -> tuple[SweepTables, pd.DataFrame | None]:
    with Here(1) as helpers:
        return analyze._read(chosen, analyze._tracker_of(chosen), helpers)


def same(table: pd.DataFrame, other: pd.DataFrame) -> None:
    keys = [column for column in table.columns if column != "value"]
    one, two = (part.sort_values(keys, ignore_index=True)[list(table.columns)] for part in (table, other))
    pd.testing.assert_frame_equal(one, two, check_dtype=False)


NO_TRACKER = {"name": "none", "uri": None}


def test_the_tracker_and_the_files_hold_the_same(sweeps_dir):
    tracked, _ = read(settings(sweeps_dir))
    for changes in ({"tracker": NO_TRACKER}, {"sweep": str(sweeps_dir / SWEEP)}):
        files, _ = read(settings(sweeps_dir, **changes))
        same(tracked.scores, files.scores)
        same(tracked.confusions, files.confusions)


def test_a_lost_database_leaves_the_files(sweeps_dir, tmp_path):
    lost = {"name": "mlflow", "uri": f"sqlite:///{tmp_path}/lost.db"}
    assert len(read(settings(sweeps_dir, tracker=lost))[0].scores) == 96
    with pytest.raises(ScoresError, match="there is no database"):
        read(settings(sweeps_dir, sweep="other", tracker=lost))


def test_folders_that_are_none(tmp_path):
    with pytest.raises(ScoresError, match="no sweep at"):
        read(settings(tmp_path, tracker=NO_TRACKER))
    (tmp_path / SWEEP).mkdir()
    with pytest.raises(ScoresError, match=r"has no finished cell; run python -m ser\.train"):
        read(settings(tmp_path, tracker=NO_TRACKER))


def cells(folder: Path, seeds: range, predictions: bool = True) -> None:
    """Write finished cells with predictions, without a tracker."""
    random = np.random.default_rng(seeds.start)
    for model in ("hubert", "wav2vec2"):
        for seed in seeds:
            cell = cell_record(factors={"model": model, "pretune": "none", "dataset": "emodb", "seed": seed})
            clips = pd.DataFrame({"speaker": [f"0{k}" for k in range(6) for _ in range(14)], "gender": "female"})
            clips["emotion"] = [EMOTIONS[i % 7] for i in range(len(clips))]
            clips["predicted"] = np.where(random.random(len(clips)) < 0.6, clips["emotion"], "anger")
            place = folder / f"model={model},seed={seed}"
            place.mkdir(parents=True)
            if predictions:
                clips.to_parquet(place / "predictions_emovo.parquet", index=False)
            value = float((clips["emotion"] == clips["predicted"]).mean())
            row = {"dataset": "emovo", "group": "all", "metric": "accuracy", "value": value}
            cell.write(place)
            result_record(cell, scores=[row]).write(place)


def test_several_sweeps_are_joined(tmp_path):
    cells(tmp_path / "a", range(3))
    cells(tmp_path / "b", range(3, 5))
    chosen = settings(tmp_path, sweep=("a", "b"), tracker=NO_TRACKER, output=None)
    tables, speakers = read(chosen)
    assert tables.scores["seed"].nunique() == 5
    assert len(speakers) == 2 * 5 * 6
    assert (chosen.title, chosen.report) == ("a + b", tmp_path / "a+b" / "report")
    cells(tmp_path / "c", range(2, 3))
    with pytest.raises(ScoresError, match="there are 4 scores of model=hubert"):
        read(settings(tmp_path, sweep=("a", "c"), tracker=NO_TRACKER))


def test_a_damaged_result_is_a_failure(tmp_path):
    cells(tmp_path / SWEEP, range(3))
    (tmp_path / SWEEP / "model=hubert,seed=1" / "result.json").write_text("{")
    tables = read_folders([tmp_path / SWEEP])
    assert tables.failures["seed"].tolist() == [1]
    assert "is damaged" in tables.failures["error"].iloc[0]


def test_no_report_is_made_of_the_rest_of_a_damaged_sweep(tmp_path):
    """The tracker has the scores of the cell, and the claims would be without it."""
    cells(tmp_path / SWEEP, range(3))
    (tmp_path / SWEEP / "model=hubert,seed=1" / "result.json").write_text("{")
    context = get_context("forkserver")
    with ProcessPoolExecutor(1, context) as helpers, pytest.raises(RecordError, match=r"seed=1/result.json is damaged"):
        helpers.submit(read_cells, [tmp_path / SWEEP / "model=hubert,seed=1"], "accuracy").result()


def test_a_report_can_be_made_again_from_its_tables(tmp_path, monkeypatch):
    """Bit for bit in its CSV files, from scores.csv and speaker_scores.csv alone."""
    cells(tmp_path / SWEEP, range(5))
    (tmp_path / SWEEP / "model=hubert,seed=4" / "result.json").unlink()

    def paint(folder, name, chart, *data):
        (folder / f"{name}.svg").write_text("<svg/>")

    monkeypatch.setattr(style, "paint", paint)
    chosen = settings(tmp_path, tracker=NO_TRACKER, factors=None, output=tmp_path / "first")
    again = settings(
        tmp_path,
        sweep=None,
        scores=tmp_path / "first" / "scores.csv",
        speaker_scores=tmp_path / "first" / "speaker_scores.csv",
        factors=None,
        output=tmp_path / "again",
    )
    for part in (chosen, again):
        tables, speakers = read(part)
        with Here(1) as pool:
            report.write(
                "x", tables.scores, tables.confusions, tables.failures, part, part.report, pool, None, speakers
            )
    names = sorted(path.name for path in chosen.report.glob("*.csv"))
    assert {"claims.csv", "scores.csv", "speaker_scores.csv", "failures.csv", "anova.csv"} <= set(names)
    assert names == sorted(path.name for path in again.report.glob("*.csv"))
    for name in names:
        assert (chosen.report / name).read_bytes() == (again.report / name).read_bytes(), name


def test_tables_of_other_tools(tmp_path):
    table = pd.DataFrame({"system": ["a", "b"] * 3, "seed": [0, 0, 1, 1, 2, 2], "value": np.arange(6) / 10})
    table.to_csv(tmp_path / "mine.csv", index=False)
    chosen = settings(tmp_path, sweep=None, scores=tmp_path / "mine.csv", factors=None, output=None)
    tables, speakers = read(chosen)
    assert speakers is None
    assert (chosen.title, chosen.report) == ("mine", tmp_path / "mine_report")
    assert claims(tables.scores, None)["contrast"].tolist() == ["b - a"] * 4
    table.assign(speaker="s", hit=1).drop(columns="value").to_csv(tmp_path / "clips.csv", index=False)
    tables, speakers = read(settings(tmp_path, sweep=None, predictions=tmp_path / "clips.csv", factors=None))
    assert speakers["value"].tolist() == [1.0] * 6


def test_a_table_that_cannot_be_read(tmp_path):
    with pytest.raises(ScoresError, match="cannot be read as a table: there is no such file"):
        read(settings(tmp_path, sweep=None, scores=tmp_path / "none.csv"))
    (tmp_path / "short.csv").write_text("seed,speaker\n0,a\n")
    (tmp_path / "scores.csv").write_text("system,seed,value\na,0,0.5\nb,0,x\n")
    with pytest.raises(ScoresError, match=r"missing column\(s\) n, weight, value"):
        read_speakers(tmp_path / "short.csv")
    with pytest.raises(ScoresError, match="value"):
        read(settings(tmp_path, sweep=None, scores=tmp_path / "scores.csv"))


def test_status_says_whether_more_seeds_tell_more(tmp_path, capsys):
    cells(tmp_path / SWEEP, range(4))
    folders = [path.parent for path in (tmp_path / SWEEP).glob("*/result.json")]
    assert seeds_hint(folders, len(folders)) is None  # it is finished
    assert re.match(
        r"seeds: 4 are finished; one more narrows the interval for new speakers by 2 % or more in 1 of 1",
        seeds_hint(folders, 20) or "",
    )
    cells(tmp_path / "no predictions", range(4), predictions=False)
    assert seeds_hint([path.parent for path in (tmp_path / "no predictions").glob("*/result.json")], 20) is None


def test_notebook_runs_from_top_to_bottom(sweeps_dir):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += f'\ntable, uri, sweep = None, "sqlite:///{sweeps_dir}/mlflow.db", "{SWEEP}"'
    NotebookClient(notebook, timeout=None, startup_timeout=900, kernel_name="python3").execute()
    pictures = [out for cell in notebook.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert len(pictures) == 5
    said = [out["text"] for cell in notebook.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert not [text for text in said if "IProgress" not in text]  # tqdm would like widgets


def test_planned_cells_that_never_began_are_missing(sweeps_dir, tmp_path):
    folders = [path.parent for path in sweeps_dir.glob(f"{SWEEP}/*/cell.json")]
    cells = {folder.name: records.CellRecord.read(folder).factors for folder in folders}
    later = {f"{name},later": factors | {"seed": factors["seed"] + 4} for name, factors in cells.items()}
    records.GridRecord(cells=cells | later).write(sweeps_dir / SWEEP)
    analyze.main(settings(sweeps_dir, output=tmp_path))
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "32 of 64 scores are missing: 0 are not a number, 32 are absent, 32 of them from trainings" in said
