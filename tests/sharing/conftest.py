"""A small sweep on disk, with everything in it that must not be shared, and its archive."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser import analyze, archive, records
from ser.analysis.figures import style
from ser.records.output import digest
from ser.schema import EMOTIONS
from ser.sharing.record import ArchiveRecord
from ser.sharing.zip_files import write_archive
from ser.sweep.names import cell_name
from tests.cells import cell_record, result_record

HOME = "/home/anna bianchi"
PRIVATE = ("anna", "bianchi", "hunter2", "hf_abcdefghijklmnopqrstuv", "/srv/data")
"""What nothing in an archive may say."""
CHOICES = {"metric": "accuracy", "only": None, "factors": None, "margin": 0.01, "alpha": 0.05, "typ": 2}
CHOICES |= {"reference": None}


def config(model: str) -> dict[str, Any]:
    return {
        "sweeps_dir": f"{HOME}/sweeps",
        "corpora_dir": "/srv/data/corpora",
        "tracker": {"name": "mlflow", "uri": "postgresql://anna:hunter2@db.example.org/mlflow"},
        "model": {"name": model, "checkpoints": {"none": f"{HOME}/checkpoints/{model}"}, "token": "hunter2"},
        "dataset": {"corpora": {"emovo": {"root": "/srv/data/corpora/EMOVO"}}},
    }


def write_cell(folder: Path, model: str, seed: int, tests: tuple[str, ...] = ("emovo",), **changes: Any) -> Path:
    """Write a finished cell with predictions, whose scores are those of the predictions."""
    random = np.random.default_rng([seed, len(model)])
    factors = {"model": model, "pretune": "none", "dataset": "emodb", "seed": seed} | changes.pop("factors", {})
    cell = folder / cell_name(factors)
    checkpoint = f"{HOME}/checkpoints/{model}"
    terms = {"licence": "CC BY 4.0", "citation": "A. Author: A corpus.", "url": "https://example.org/emovo"}
    usual = {
        "parameters": {"checkpoint": checkpoint, "seed.value": seed, "model": model},
        "signature": f"{model}-{seed}",
        "corpora": {"emovo": {"clips": 84, "left_out": {}} | terms},
    }
    description = cell_record(factors=factors, tests=list(tests), **usual | changes)
    records.start(cell, description, config(model))
    scores = []
    for test in tests:
        clips = pd.DataFrame({"speaker": [f"0{k}" for k in range(6) for _ in range(14)]})
        clips["gender"] = np.where(clips["speaker"] < "03", "female", "male")
        clips["emotion"] = [EMOTIONS[i % 7] for i in range(len(clips))]
        clips["path"] = [f"/srv/data/corpora/{i}.wav" for i in range(len(clips))]
        right = random.random(len(clips)) < 0.5 + 0.2 * (model == "hubert")
        clips["predicted"] = np.where(right, clips["emotion"], "anger")
        clips.to_parquet(cell / f"predictions_{test}.parquet", index=False)
        hits = clips["emotion"] == clips["predicted"]
        for group, part in [("all", hits), *hits.groupby(clips["gender"])]:
            scores.append({"dataset": test, "group": group, "metric": "accuracy", "value": float(part.mean())})
    records.append_curve(cell, 10, {"validation/accuracy": 0.5})
    (cell / records.LOG).write_text(f"loaded {checkpoint}\n")
    (cell / records.WEIGHTS).write_bytes(b"weights")
    versions = {"ser-grid": "0.2.0", "torch": "2.14.1"}
    files = records.digests(cell)
    result_record(description, scores=scores, files=files, versions=versions, ended=1.7e9 + seed).write(cell)
    return cell


@contextmanager
def _here(preload: str) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _paint(folder: Path, name: str, chart: Any, *data: Any) -> None:
    (folder / f"{name}.svg").write_text("<svg/>")


@contextmanager
def quickly() -> Iterator[None]:
    """Make reports in this process, without pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "paint", _paint)
        patch.setattr(archive, "processes", _here)
        patch.setattr(analyze, "processes", _here)
        yield


@pytest.fixture
def quick() -> Iterator[None]:
    with quickly():
        yield


def write_sweep(folder: Path) -> Path:
    """Write a sweep: 2 models x 4 seeds, one cell that failed and one that was planned."""
    for model in ("hubert", "wav2vec2"):
        for seed in range(4):
            write_cell(folder, model, seed)
    failed = {"model": "hubert", "pretune": "none", "dataset": "emodb", "seed": 4}
    cell = folder / cell_name(failed)
    records.start(cell, cell_record(factors=failed), config("hubert"))
    records.keep_failure(cell, ValueError(f"no file {HOME}/x.wav, nor /srv/data/corpora/y.wav"))
    planned = failed | {"seed": 5}
    records.GridRecord(cells={cell_name(planned): planned}).write(folder)
    return folder


def archive_settings(sweep: Path, **changes: Any) -> archive.ArchiveSettings:
    usual = {"sweep": sweep.name, "sweeps_dir": sweep.parent, "output": None, "creators": (), "licence": "CC-BY-4.0"}
    return archive.ArchiveSettings(**CHOICES | usual | changes)


def analyze_settings(path: Path | tuple[Path, ...], **changes: Any) -> analyze.AnalyzeSettings:
    sources = dict.fromkeys(("sweep", "scores", "speaker_scores", "predictions", "output"))
    usual = {"archive": path, "sweeps_dir": Path("sweeps"), "tracker": {"name": "none", "uri": None}}
    return analyze.AnalyzeSettings(**CHOICES | sources | usual | changes)


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small sweep, whose archive lies beside it."""
    folder = write_sweep(tmp_path_factory.mktemp("sweeps") / "grid")
    with quickly():
        archive.main(archive_settings(folder))
    return folder


@pytest.fixture
def shared(tmp_path: Path, sweep: Path, quick: None) -> Path:
    """Give the archive of a small sweep, alone in an empty folder."""
    (tmp_path / "moved").mkdir()
    return Path(shutil.copy(sweep.with_name("grid.zip"), tmp_path / "moved/grid.zip"))


def rewrite(path: Path, changes: Mapping[str, Callable[[bytes], bytes]], sealed: bool) -> Path:
    """Change members of an archive; with `sealed`, as a forger does who corrects all checksums."""
    folder = path.with_suffix("")
    with zipfile.ZipFile(path) as opened:
        opened.extractall(folder)
    for name, change in changes.items():
        (folder / name).write_bytes(change((folder / name).read_bytes()))
    if sealed:
        for cell in folder.glob("sweep/*/result.json"):
            content = json.loads(cell.read_text())
            del content["checksum"], content["format"]
            content["files"] = records.digests(cell.parent)
            records.ResultRecord.model_validate(content).write(cell.parent)
        record = json.loads((folder / ArchiveRecord.FILE).read_text())
        files = {name: digest(folder / name) for name in record["files"]}
        ArchiveRecord(**{key: record[key] for key in ("sweep", "version", "settings")}, files=files).write(folder)
    write_archive(folder, path)
    return path
