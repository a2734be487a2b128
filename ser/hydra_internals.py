"""All that depends on the inside of Hydra and OmegaConf: a private field, and the words of their messages.

`tests/test_hydra_internals.py` fails when a new version of them changes one of these.
"""

import re
from typing import Any

from hydra.core.utils import JobReturn

from ser.errors import ConfigError

SYNTAX = ("mismatched input", "no viable alternative", "token recognition", "LexerNoViableAlt")
"""What the parser of overrides says of a value that it cannot read."""


def require_one_working_folder(chdir: bool | None) -> None:
    """Refuse that Hydra changes the working folder of a job.

    Raises:
        ConfigError: it would; relative paths would lead elsewhere in each cell, and results be written there.
    """
    if chdir:
        raise ConfigError(
            "hydra.job.chdir=true: relative paths would lead elsewhere in each cell; leave it out, every cell has a"
            " folder of its own below sweeps_dir"
        )


def outcome(account: JobReturn) -> Any:
    """Return what a job returned, or the exception that it raised; `return_value` would raise it and print a line."""
    return account._return_value


def unknown_name(error: Exception) -> tuple[str, list[str]] | None:
    """Return the key that the configuration does not have and those beside it, if that is what is wrong."""
    cause = error.__cause__ or error
    key = getattr(cause, "full_key", None)
    if "is not in struct" not in str(cause) or not key:
        return None
    parent = getattr(cause, "parent_node", None)
    return str(key), [str(name) for name in parent] if parent else []


def missing_key(error: Exception) -> str | None:
    """Return the key that must be given a value, as Hydra wants it typed, if that is what is wrong."""
    cause = error.__cause__ or error
    key = getattr(cause, "full_key", None)
    if type(cause).__name__ != "MissingMandatoryValue" or not key:
        return None
    return re.sub(r"\[(\d+)\]", r".\1", str(key))


def is_sweep_without_multirun(error: Exception) -> bool:
    """Say whether a key has several values though one cell is run."""
    return str(error).startswith("Ambiguous value")


def is_syntax(error: Exception) -> bool:
    """Say whether an override cannot be parsed."""
    return any(sign in str(error) for sign in SYNTAX)


def is_unknown_plugin(error: Exception) -> bool:
    """Say whether a launcher or sweeper is not installed."""
    return isinstance(error, RuntimeError) and "Unknown plugin class" in str(error)


def is_number_for_group(error: Exception) -> bool:
    """Say whether a config group was given a number, or a list of numbers."""
    signs = ("Config group override", "argument of type 'int'")
    return isinstance(error, ValueError | TypeError) and str(error).startswith(signs)


def without_hints(error: Exception) -> str:
    """Return a message without Hydra's own advice, which is not how this program is called."""
    shown = str(error).partition("Config search path")[0].partition("To append to your config")[0]
    return "\n       ".join(line for line in shown.splitlines() if line.strip())
