"""Hydra's door to the sweep: Hydra finds sweepers in the package `hydra_plugins` alone.

Hydra imports its plugins at every start, also in the processes of its launchers; so what takes long to import is
imported when it is used.
"""

import itertools
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from ser.errors import ConfigError
from ser.hydra_internals import outcome, require_one_working_folder
from ser.interrupts import drive
from ser.sweep.names import FACTOR_KEYS

if TYPE_CHECKING:
    from ser.sweep.planned import GridCell


class GridSweeper(Sweeper):
    """The product of all swept keys, less the cells that are finished, with any launcher.

    Args:
        params: key -> values that an experiment sweeps, unless the key is typed.
    """

    def __init__(self, params: Mapping[str, str]) -> None:
        self.params = params

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what cells are launched with, and tell the launcher how many of them may run at once."""
        require_one_working_folder(config.hydra.job.chdir)
        limit_cells_at_once(config)
        self.hydra_context = hydra_context
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Launch what is left of the grid; leave with exit code 1 if a cell failed."""
        from ser import records
        from ser.sweep.grid import run_grid

        assert self.config is not None  # `setup` comes before it
        assert self.hydra_context is not None
        launcher = self.launcher
        assert launcher is not None
        loader = self.hydra_context.config_loader
        usual = [f"{key}={values}" for key, values in self.params.items()]
        typed = overrides(loader, usual, arguments)
        if self.config.archive is None:
            cells = compose_cells(loader, self.config, typed)
        else:
            cells = extended_cells(loader, self.config, typed)

        def launch(left: "Sequence[GridCell]") -> list[Any]:
            return [outcome(job) for job in launcher.launch([cell.overrides for cell in left], initial_job_idx=0)]

        if "slurm" not in self.config.hydra.launcher._target_.lower():  # whose jobs go on without this process
            drive()
        with warnings.catch_warnings(), records.writing_to(cells[0].settings.sweeps_dir):
            warnings.filterwarnings("ignore", message="A worker stopped")  # joblib renews processes that have grown
            run_grid(cells, launch, here="array_parallelism" not in self.config.hydra.launcher)


def limit_cells_at_once(config: DictConfig) -> None:
    """Give the launcher `max_parallel` by the name that it has for it.

    Raises:
        ConfigError: the launcher runs one cell at a time.
    """
    launcher, most = config.hydra.launcher, config.max_parallel
    if "n_jobs" in launcher:
        gpus = 0 if config.trainer.accelerator == "cpu" else visible_gpus()
        launcher.n_jobs = most or (launcher.n_jobs if launcher.n_jobs != -1 else gpus or os.cpu_count())
    elif "array_parallelism" in launcher:
        launcher.array_parallelism = most or launcher.array_parallelism
    elif most is not None and most != 1:
        raise ConfigError(f"max_parallel={most}: this launcher runs one cell at a time; add hydra/launcher=joblib")


def visible_gpus() -> int:
    """Count the GPUs that CUDA shows to a process of this machine, without loading what loads CUDA.

    CUDA takes the names up to the first that is none, shows one instance of a GPU that is partitioned (MIG) and no
    more, and shows nothing where a name is given twice.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
    names = [*itertools.takewhile(lambda name: name not in ("", "-1"), map(str.strip, visible.split(",")))]
    if len(set(names)) < len(names):
        return 0
    return min(len(names), 1) if visible.startswith("MIG-") else len(names)


def overrides(loader: ConfigLoader | None, usual: list[str], typed: list[str]) -> list[Override]:
    """Parse what is swept: what an experiment sweeps gives way to what is typed."""
    parse = OverridesParser.create(loader).parse_overrides
    typed_keys = {item.get_key_element() for item in parse(typed)}
    return [item for item in parse(usual) if item.get_key_element() not in typed_keys] + parse(typed)


def product(overrides: Sequence[Override]) -> Iterator[tuple[str, ...]]:
    """Yield the overrides of each cell, `key=value`: a value of every swept key, and the rest as it is.

    Raises:
        ConfigError: a swept key has no list of values.
    """
    values = {}
    for item in overrides:
        if item.is_sweep_override() and not item.is_discrete_sweep():
            raise ConfigError(f"{item.input_line}: a grid takes lists and ranges; python -m ser.search takes intervals")
        key = item.get_key_element()
        values[key] = [f"{key}={value}" for value in values_of(item)]
    return itertools.product(*values.values())


def compose_cells(
    loader: ConfigLoader, base: DictConfig, overrides: list[Override], swept: Sequence[str] = ()
) -> "list[GridCell]":
    """Compose the product of the swept keys.

    Hydra takes tens of milliseconds to compose groups, so each combination of them is composed once, and the plain
    values that vary, seeds above all, are set in it.

    Args:
        loader: of configurations.
        base: the configuration that is composed anew.
        overrides: that are typed.
        swept: keys of plain overrides that tell cells apart all the same.

    Raises:
        ConfigError: no cell is in the product, or a swept value refers to other keys.
    """
    from ser.command import check
    from ser.settings import TrainSettings
    from ser.sweep.planned import GridCell

    varied = {str(item.get_key_element()) for item in overrides if item.is_sweep_override()}
    named = {key for key in map(str, (item.get_key_element() for item in overrides)) if key.lstrip("+") in swept}
    plain = {key for key in varied if not key.startswith("+") and not loader.get_group_options(key)}
    composed: dict[tuple[str, ...], DictConfig] = {}
    cells = []
    for items in product(overrides):
        by_key = {item.partition("=")[0]: item for item in items}
        if unclear := [item for key, item in by_key.items() if key in varied and re.search(r"\$\\?\{", item)]:
            raise ConfigError(f"{unclear[0]}: a cell is called by its swept values; sweep plain ones")
        rest = tuple(item for key, item in by_key.items() if key not in plain)
        if rest not in composed:
            composed[rest] = compose(loader, base, list(rest))
        config = composed[rest]
        for item in OverridesParser.create().parse_overrides([by_key[key] for key in by_key if key in plain]):
            OmegaConf.update(config, item.key_or_group, item.value(), force_add=False)
        config.swept = [
            item.lstrip("+") for key, item in by_key.items() if key in varied | named and not _is_factor(key)
        ]
        job_overrides = [*items, f"swept={list(config.swept)}"] if config.swept else items
        cells.append(GridCell(job_overrides, check(config, TrainSettings)))
    if not cells:
        swept = ", ".join(str(item.input_line) for item in overrides if item.is_sweep_override())
        raise ConfigError(f"no cell is in this grid: {swept}; see --help for the options of each group")
    return cells


def extended_cells(loader: ConfigLoader, base: DictConfig, typed: list[Override]) -> "list[GridCell]":
    """Compose the cells of an archive with the levels that were typed, and import those that are the same here.

    Raises:
        ArchiveError: the archive cannot be opened, or its configurations are none that may be taken.
        ConfigError: a cell was started here with another configuration.
    """
    from ser import records
    from ser.sharing.extension import LEVELS, command_lines
    from ser.sharing.importing import import_cells, unlike
    from ser.sharing.zip_files import opened

    added = {str(item.get_key_element()): values_of(item) for item in typed if item.get_key_element() in LEVELS}
    others = [str(item.input_line) for item in typed if item.get_key_element() not in LEVELS]

    def plain(items: Sequence[str]) -> dict[str, Any]:
        return OmegaConf.to_container(compose(loader, base, list(items)), resolve=True)  # type: ignore[return-value]

    with opened(Path(base.archive)) as archive:
        if not any(item.startswith("sweep=") for item in others):
            others.append(f"sweep={archive.record.sweep}")
        parse = OverridesParser.create(loader).parse_overrides
        cells = [
            cell
            for line in command_lines(archive, added, others, plain)
            for cell in compose_cells(loader, base, parse(line.overrides), line.swept)
        ]
        with records.writing_to(cells[0].settings.sweeps_dir):
            imported = import_cells(archive, cells)
        others = unlike(archive, cells)
    print(f"{imported} cells imported from {base.archive}")
    if others:
        print(f"{len(others)} cells of it are others here, as {others[0]}")
    return cells


def values_of(item: Override) -> list[str]:
    """Return the values of an override, one or those that it sweeps, as they are typed."""
    swept = item.sweep_string_iterator() if item.is_sweep_override() else [item.get_value_element_as_str()]
    return [str(value) for value in swept]


def compose(loader: ConfigLoader, base: DictConfig, items: list[str]) -> DictConfig:
    """Compose a configuration with some overrides, without Hydra's own part."""
    config = loader.load_sweep_config(base, items)
    with open_dict(config):
        del config["hydra"]
    return config


def _is_factor(key: str) -> bool:
    return key in FACTOR_KEYS or key in FACTOR_KEYS.values()
