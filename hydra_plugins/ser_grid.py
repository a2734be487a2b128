"""Hydra's door to the sweep: Hydra finds sweepers in the package `hydra_plugins` alone.

Hydra imports its plugins at every start, also in the processes of its launchers; so `${cell_name:}` is registered
here, and what takes long to import is imported when it is used.
"""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from ser.sweep.names import FACTOR_KEYS, register_cell_name

if TYPE_CHECKING:
    from ser.sweep.grid import GridCell

register_cell_name()


class GridSweeper(BasicSweeper):
    """Hydra's product of all swept keys, less the cells that are finished, with any launcher."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Tell the launcher how many cells may run at once, by the name that it has for it."""
        launcher, most = config.hydra.launcher, config.max_parallel
        if "n_jobs" in launcher and launcher.n_jobs == -1:
            gpus = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
            launcher.n_jobs = most or gpus or os.cpu_count()
        if "array_parallelism" in launcher and most:
            launcher.array_parallelism = most
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)

    def sweep(self, arguments: list[str]) -> None:
        """Launch what is left of the grid; leave with exit code 1 if a cell failed."""
        from ser.sweep.grid import run_grid

        assert self.hydra_context is not None  # `setup` has seen to these
        assert self.config is not None
        launcher = self.launcher
        assert launcher is not None
        loader = self.hydra_context.config_loader
        overrides = OverridesParser.create(loader).parse_overrides(self._parse_config() + arguments)
        cells = compose_cells(loader, self.config, overrides)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="A worker stopped")  # joblib renews processes that have grown
            run_grid(cells, lambda left: launcher.launch([cell.overrides for cell in left], initial_job_idx=0))


def compose_cells(loader: ConfigLoader, base: DictConfig, overrides: list[Override]) -> "list[GridCell]":
    """Compose the product of the swept keys.

    Hydra takes tens of milliseconds to compose groups, so each combination of them is composed once, and the plain
    values that vary, seeds above all, are set in it.
    """
    from ser.command import check
    from ser.settings import TrainSettings
    from ser.sweep.grid import GridCell

    varied = {str(item.get_key_element()) for item in overrides if item.is_sweep_override()}
    plain = {key for key in varied if not key.startswith("+") and not loader.get_group_options(key)}
    composed: dict[tuple[str, ...], DictConfig] = {}
    cells = []
    [product] = BasicSweeper.split_arguments(overrides, max_batch_size=None)
    for items in product:
        by_key = {item.partition("=")[0]: item for item in items}
        rest = tuple(item for key, item in by_key.items() if key not in plain)
        if rest not in composed:
            composed[rest] = loader.load_sweep_config(base, list(rest))
            with open_dict(composed[rest]):
                del composed[rest]["hydra"]
        config = composed[rest]
        for item in OverridesParser.create().parse_overrides([by_key[key] for key in by_key if key in plain]):
            OmegaConf.update(config, item.key_or_group, item.value(), force_add=False)
        config.swept = [item.lstrip("+") for key, item in by_key.items() if key in varied and not _is_factor(key)]
        told = [*items, f"swept={list(config.swept)}"] if config.swept else items
        cells.append(GridCell(told, check(config, TrainSettings)))
    return cells


def _is_factor(key: str) -> bool:
    return key in FACTOR_KEYS or key in FACTOR_KEYS.values()
