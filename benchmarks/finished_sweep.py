"""How long a call takes over a sweep whose cells are all finished: `python -m benchmarks.finished_sweep [arguments]`.

Four cells (2 models x 2 levels of pretune) are trained by `ser.train`, with the arguments given; each is copied to 110
seeds, with the signatures that these have. Then the call over 440 cells is timed: the one that sends them to the
tracker, and the ones after it.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import hydra

from ser import records
from ser.command import check, config_folder
from ser.settings import TrainSettings
from ser.sweep.identity import describe
from ser.sweep.names import cell_folder

SEEDS = 110
GRID = ["model=wav2vec2,hubert", "pretune=none,it"]


def call(*arguments: str) -> float:
    """Run a grid, and return its seconds."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "ser.train", "-m", *GRID, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def copy_to_all_seeds(arguments: list[str]) -> None:
    """Finish every cell of the grid as its first seed was."""
    with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
        for model in ("wav2vec2", "hubert"):
            for pretune in ("none", "it"):
                config = hydra.compose("train", [f"model={model}", f"pretune={pretune}", *arguments])
                first = cell_folder(check(config, TrainSettings))
                for seed in range(1, SEEDS):
                    config.seed.value = seed
                    copy(first, check(config, TrainSettings))


def copy(first: Path, settings: TrainSettings) -> None:
    """Copy a cell to another seed."""
    folder = cell_folder(settings)
    shutil.copytree(first, folder, dirs_exist_ok=True)
    (folder / records.TRACKED).unlink(missing_ok=True)
    cell = describe(settings)
    result = records.ResultRecord.read(first)
    assert result is not None
    cell.write(folder)
    records.ResultRecord(**result.model_dump() | cell.model_dump()).write(folder)


def size(folder: Path) -> int:
    """Return the bytes of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    given = [item for item in sys.argv[1:] if not item.startswith("sweep=")] + ["sweep=finished"]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    call("seed=0", *given)
    copy_to_all_seeds(given)
    print(f"the call that sends {4 * (SEEDS - 1)} cells: {call(f'seed=range(0,{SEEDS})', *given):.1f} s")
    for _ in range(3):
        print(f"a call over {4 * SEEDS} finished cells: {call(f'seed=range(0,{SEEDS})', *given):.1f} s")
    cells = list(Path("multirun_sweeps/finished").glob(f"*/{records.RESULT}"))
    print(f"a finished cell: {sum(size(path.parent) for path in cells) / len(cells) / 1024:.0f} KB")
