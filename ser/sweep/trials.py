"""A search: trials that Optuna proposes, each judged on the validation part, and the best of them as an experiment."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from ser import records
from ser.errors import ConfigError, UserError
from ser.settings import SearchSettings
from ser.sweep.identity import changes, flatten, identity
from ser.sweep.progress import duration, score, terminal

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

JOURNAL = "trials.log"
"""Optuna's account of a search, which any number of processes may write, and which outlives them."""

TRIALS = "trials.csv"

Run = Callable[[Sequence[str], int], object]
"""(overrides, number of the trial) -> the value of the trial, or the error that ended it."""


def run_search(
    settings: SearchSettings,
    fixed: Sequence[str],
    space: Mapping[str, "BaseDistribution"],
    groups: Sequence[str],
    run: Run,
) -> Path:
    """Run trials until there are as many as are wanted, and write the best down as an experiment.

    Args:
        settings: of the search, with what is not searched for.
        fixed: overrides of every trial.
        space: key -> what it may be.
        groups: those of the keys that are groups.
        run: trains a trial.

    Returns:
        The file of the experiment.

    Raises:
        ConfigError: Optuna is not there, nothing is searched for, or the search was begun with another configuration.
        UserError: no trial has ended well.
    """
    if not space:
        raise ConfigError(
            "nothing is searched for: give keys several values, e.g."
            " 'training.learning_rate=tag(log,interval(1e-6,1e-3))' pooling=mean,max"
        )
    for path in (settings.folder / TRIALS, experiment(settings)):
        records.check_output(path.parent, "search", [path.name], others=False)
    study = _open(settings, space)
    console = terminal()
    for _ in range(settings.trials - len(_ended(study))):
        trial = study.ask(dict(space))
        began = time.monotonic()
        value = run([*fixed, *(f"{key}={value}" for key, value in trial.params.items())], trial.number)
        parameters = ", ".join(f"{key}={_short(value)}" for key, value in trial.params.items())
        prefix = f"[{len(_ended(study)) + 1}/{settings.trials}] {parameters}"
        if isinstance(value, float):
            study.tell(trial, value)
            spent = duration(time.monotonic() - began)
            console.print(f"{prefix}: {score(value)}; best {score(study.best_value)} ({spent})", markup=False)
        else:
            from optuna.trial import TrialState

            study.tell(trial, state=TrialState.FAIL)
            console.print(f"{prefix}: FAILED: {str(value).splitlines()[0]}", markup=False)
            if not isinstance(value, UserError):
                raise value if isinstance(value, BaseException) else UserError(f"a trial ended with {value}")
    if not any(trial.value is not None for trial in _ended(study)):
        raise UserError(f"no trial of {settings.folder} has ended well; mend what they say, and call another search")
    return _write(settings, study, groups)


def _open(settings: SearchSettings, space: Mapping[str, "BaseDistribution"]) -> "Study":
    try:
        import optuna
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise ConfigError("a search needs optuna: pip install 'ser-grid[search]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings.folder.mkdir(parents=True, exist_ok=True)
    journal = JournalFileBackend(str(settings.folder / JOURNAL))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(journal),
        study_name=settings.search,
        direction="maximize",
        load_if_exists=True,
    )
    study.sampler = optuna.samplers.TPESampler(seed=settings.seed.value + len(study.trials))
    searched = settings.science() | {"dataset": {"train": settings.dataset.train}, "space": dict(space)}
    now = {key: str(value) for key, value in identity(flatten(searched)).items() if key not in space}
    before = study.user_attrs.get("configuration")
    if before is None:
        study.set_user_attr("configuration", now)
    elif before != now:
        different = "\n         ".join(changes(before, now))
        raise ConfigError(
            f"{settings.folder} was begun with another configuration:\n         {different}\n"
            "       give the search another name (search=...)"
        )
    return study


def _ended(study: "Study") -> list["FrozenTrial"]:
    """Return the trials that have a value or an error; those that were interrupted are made up for."""
    return [trial for trial in study.trials if trial.state.is_finished()]


def _write(settings: SearchSettings, study: "Study", groups: Sequence[str]) -> Path:
    """Write all trials as a table, and the best as a file of the group `experiment`."""
    from ser.csv_tables import escaped

    trials = study.trials_dataframe(("number", "value", "params", "state", "duration"))
    records.update_file(settings.folder / TRIALS, escaped(trials).to_csv(index=False), "search")
    best = study.best_trial
    chosen = [{f"override /{key}": value} for key, value in best.params.items() if key in groups]
    keys = [f"{key.lstrip('+')}={value}" for key, value in best.params.items() if key not in groups]
    content = OmegaConf.merge(
        {"defaults": chosen} if chosen else {}, OmegaConf.from_dotlist([*keys, f"seed.split={settings.seed.split}"])
    )
    path = experiment(settings)
    about = (
        "# @package _global_\n"
        f"# Found by python -m ser.search search={settings.search}: trial {best.number} of {len(_ended(study))},"
        f" validation {best.value:.3f}, trained on {settings.share:.0%} of the training part.\n"
        "# The split is that of the search: with another, clips that were searched on would be tested on.\n"
    )
    records.update_file(path, about + OmegaConf.to_yaml(content), "search")
    return path


def experiment(settings: SearchSettings) -> Path:
    """Return the file that the best trial of a search is written to."""
    return settings.searches_dir / "experiment" / f"{settings.search}.yaml"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
