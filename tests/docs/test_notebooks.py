"""Notebooks run from top to bottom as they are kept, and are kept with what they show."""

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from tests.docs.blocks import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL = {
    "own_corpus": """
protocol = ["training.epochs=1", "training.validate_every_steps=2", "trainer=cpu", "trainer.threads=1"]
small[-1] = "warm_up_steps=1"
"""
}
"""Notebook -> lines that make its parameters small."""


def pictures(notebook: nbformat.NotebookNode) -> int:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_what_it_is_kept_with(path, tmp_path):
    for table in path.parent.glob("*.csv"):
        shutil.copy(table, tmp_path)
    kept = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += SMALL.get(path.stem, "")
    options = {"timeout": None, "startup_timeout": 900, "kernel_name": "python3"}
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}, **options).execute()
    assert pictures(notebook) == pictures(kept)
    for cell, before in zip(notebook.cells, kept.cells, strict=True):
        now, then = ([output.output_type for output in one.get("outputs", [])] for one in (cell, before))
        assert set(now) == set(then)
        assert "stream:stderr" not in {
            f"{output.output_type}:{output.get('name')}" for output in before.get("outputs", [])
        }


def test_notebooks_are_small():
    assert len(NOTEBOOKS) >= 2
    for path in NOTEBOOKS:
        assert path.stat().st_size < 500_000, path


def test_table_of_the_demo_gives_the_kept_numbers():
    """The outputs are of this version: a statistic that changes shows here."""
    from ser.analysis import paired_contrasts, read_scores

    scores = read_scores(ROOT / "notebooks" / "demo_scores.csv").query("metric == 'accuracy' and group == 'all'")
    notebook = nbformat.read(ROOT / "notebooks" / "analysis.ipynb", as_version=4)
    [shown] = [
        output["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.startswith("found = paired_contrasts")
        for output in cell.outputs
    ]
    estimate = paired_contrasts(scores, ["model", "pretune", "dataset"])["estimate"].iloc[0]
    assert f"{estimate:.6f}" in shown
