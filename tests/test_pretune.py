"""From transcribed speech to a cell that starts from it, on the command line; EMOVO is speech and test set here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ser import records
from tests import commands
from tests.commands import Ended

Run = Callable[..., Ended]
CELL = "model=wavlm,pretune=it,dataset=emovo,seed=0"


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, small_corpora: Path, tiny_checkpoint: Callable[..., Path]
) -> tuple[Run, Path]:
    """Give a function that runs an entry point on small corpora and a tiny encoder, and the folder it runs in."""
    folder = tmp_path_factory.mktemp("work")

    def command(entry_point: str, *arguments: str) -> Ended:
        line = [
            *(f"ser.{entry_point}", "model=wavlm", "pretune=it", f"corpora_dir={small_corpora}"),
            *(f"model.checkpoints.none={tiny_checkpoint('wavlm')}", "training.epochs=1", "trainer=cpu"),
            *("training.validate_every_steps=2", "trainer.threads=1", *arguments),
        ]
        return commands.run(*line, folder=folder)

    return command, folder


@pytest.fixture(scope="module")
def made(run: tuple[Run, Path]) -> Path:
    command, folder = run
    call = command("pretune", "corpus=emovo")
    assert call.returncode == 0, call.stderr
    assert "Traceback" not in call.stderr
    assert "shorter than its transcript" in call.stderr
    assert call.stdout.startswith("checkpoints/wavlm-it: emovo CER ")
    assert call.stdout.rstrip().endswith("to start from it: model=wavlm pretune=it")
    return folder


def test_its_records_are_those_of_a_cell_and_the_tracker_has_them(made: Path) -> None:
    [folder] = (made / "multirun_sweeps" / "pretune").iterdir()
    assert folder.name == "model=wavlm,pretune=it,seed=0"
    files = {path.name for path in folder.iterdir()}
    assert {"cell.json", "result.json", "curves.jsonl", "train.log", "transcripts.parquet", ".hydra"} <= files
    assert records.TrackedRecord.read(folder).run_id
    assert records.state(folder) == "finished"


def test_the_second_time_there_is_nothing_to_do(run: tuple[Run, Path], made: Path) -> None:
    command, _ = run
    before = {path: path.stat().st_mtime_ns for path in (made / "checkpoints").rglob("*")}
    call = command("pretune", "corpus=emovo")
    assert call.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (made / "checkpoints").rglob("*")} == before


def test_a_cell_that_is_tested_on_what_was_heard_is_refused(run: tuple[Run, Path], made: Path) -> None:
    command, _ = run
    call = command("train", "dataset=emovo", "tracker=none")
    assert call.returncode == 1
    assert "speakers of 'emovo' in language pre-fine-tuning" in call.stderr
    assert "leakage=report" in call.stderr
    assert "Traceback" not in call.stderr


def test_a_cell_may_be_told_to_run_all_the_same(run: tuple[Run, Path], made: Path) -> None:
    command, _ = run
    call = command("train", "dataset=emovo", "tracker=none", "leakage=report")
    assert call.returncode == 0, call.stderr
    result = json.loads((made / "multirun_sweeps" / "default" / CELL / records.RESULT).read_text())
    assert result["parameters"]["checkpoint"].endswith("checkpoints/wavlm-it")
    assert set(result["leakage"]) == {"emovo"}
    assert result["leakage"]["emovo"]["speakers"] == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pretune=none"], 2, "pretune=none has no language, so there is nothing to make"),
        (["corpus=nobody"], 2, "nobody"),
        (["corpus=manifest"], 2, "corpora.manifest.table has no value"),
        (["corpora.commonvoice.root=/not/there"], 1, "there is no folder /not/there; set corpora.commonvoice.root="),
    ],
)
def test_a_mistake_is_one_message(run: tuple[Run, Path], arguments: list[str], code: int, message: str) -> None:
    command, _ = run
    call = command("pretune", "output=mistake", *arguments)
    assert call.returncode == code
    assert message in call.stderr
    assert call.stderr.startswith("error: ")
    assert "Traceback" not in call.stderr
