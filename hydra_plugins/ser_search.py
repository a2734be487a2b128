"""Hydra's door to the search: a sweeper that lets Optuna choose the values that Hydra's grammar says keys may have."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hydra.core.override_parser.types import IntervalSweep, Override
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.ser_grid import compose, overrides
from ser.errors import ConfigError
from ser.hydra_internals import outcome, require_one_working_folder

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


class SearchSweeper(Sweeper):
    """Trials one after the other; several processes may run the same search, and share its trials."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what a trial is launched with."""
        require_one_working_folder(config.hydra.job.chdir)
        self.config = config
        self.hydra_context = hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run what is left of the search, and say where its result is."""
        from ser import records
        from ser.command import check
        from ser.settings import SearchSettings
        from ser.sweep.trials import run_search

        assert self.config is not None  # `setup` has seen to these
        assert self.hydra_context is not None
        loader = self.hydra_context.config_loader
        parsed = overrides(loader, [], arguments)
        searched = {str(item.get_key_element()): item for item in parsed if item.is_sweep_override()}
        fixed = [str(item.input_line) for item in parsed if not item.is_sweep_override()]
        settings = check(compose(loader, self.config, fixed), SearchSettings)
        space = {key: distribution(item) for key, item in searched.items()}
        groups = [key for key in searched if loader.get_group_options(key)]
        with records.writing_to(settings.searches_dir, "searches_dir"):
            found = run_search(settings, fixed, space, groups, self._run())
        used = f"--config-dir {settings.searches_dir} experiment={found.stem}"
        print(f"found: {found}; use it: python -m ser.train -m {used}")

    def _run(self) -> Callable[..., object]:
        launcher = self.launcher
        assert launcher is not None
        return lambda items, number: outcome(launcher.launch([items], initial_job_idx=number)[0])


def distribution(item: Override) -> "BaseDistribution":
    """Return what Optuna is to draw a key from: `a,b`, `range(1,9)`, `interval(0,1)`, `tag(log,interval(1e-6,1e-3))`.

    An interval whose ends are whole numbers, cast by `int(...)`, has whole numbers.

    Raises:
        ConfigError: it is of another kind, or an interval ends before it begins.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    value = item.value()
    if isinstance(value, IntervalSweep):
        log = "log" in value.tags
        if value.start is None or value.end is None or value.start >= value.end or (log and value.start <= 0):
            raise ConfigError(
                f"{item.input_line}: an interval goes from a lower to a higher number, above 0 with tag log"
            )
        if isinstance(value.start, int) and isinstance(value.end, int):
            return IntDistribution(value.start, value.end, log=log)
        return FloatDistribution(value.start, value.end, log=log)
    choices = list(item.sweep_string_iterator())
    if not choices:
        raise ConfigError(f"{item.input_line}: nothing to choose from; see --help for the options of each group")
    return CategoricalDistribution(choices)
