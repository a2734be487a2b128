"""From MLflow to the report and through the notebook, with a real tracker on a real database."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from ser import analyze, records
from ser.errors import ConfigError, ScoresError
from ser.schema import EMOTIONS
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
    with pytest.raises(ConfigError, match=r"tracker\.uri"):
        analyze.main(settings(sweeps_dir, tracker={"name": "none", "uri": None}))


def test_notebook_runs_from_top_to_bottom(sweeps_dir):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += f'\nuri, sweep = "sqlite:///{sweeps_dir}/mlflow.db", "{SWEEP}"'
    NotebookClient(notebook, timeout=None, startup_timeout=900, kernel_name="python3").execute()
    pictures = [out for cell in notebook.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert len(pictures) == 5
    said = [out["text"] for cell in notebook.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert not [text for text in said if "IProgress" not in text]  # tqdm would like widgets


def test_notebook_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_planned_cells_that_never_began_are_missing(sweeps_dir, tmp_path):
    folders = [path.parent for path in sweeps_dir.glob(f"{SWEEP}/*/cell.json")]
    cells = {folder.name: records.CellRecord.read(folder).factors for folder in folders}
    later = {f"{name},later": factors | {"seed": factors["seed"] + 4} for name, factors in cells.items()}
    records.GridRecord(cells=cells | later).write(sweeps_dir / SWEEP)
    analyze.main(settings(sweeps_dir, output=tmp_path))
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "32 of 64 scores are missing: 0 are not a number, 32 are absent, 32 of them from trainings" in said
