"""All that depends on the inside of Hydra and OmegaConf: a private field, the words of their messages, the grammar.

`tests/test_hydra_internals.py` fails when a new version of them changes one of these.
"""

import re
from collections.abc import Iterator
from typing import Any

from hydra.core.utils import JobReturn

from ser.errors import ConfigError

SYNTAX = ("mismatched input", "no viable alternative", "token recognition", "LexerNoViableAlt")
"""What the parser of overrides says of a value that it cannot read."""
_CONDITION = re.compile(r"(dataset\.keep=)([^'\"].*[^\w].*)", re.DOTALL)
_LABELS = re.compile(r"(dataset(?:\.corpora\.[^.=]+)?\.labels)(=.*)", re.DOTALL)
QUOTE, ESCAPED = "'", "\\'"


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


def as_hydra_reads(arguments: list[str]) -> list[str]:
    """Return a command line with which Hydra does what the user has typed.

    A condition gets the quotes that Hydra needs and a shell has taken away. A mapping of labels replaces that of the
    configuration, as every value does; Hydra would merge the two, and refuse labels that are not in it.

    >>> print(*as_hydra_reads(['dataset.keep=gender == "female"', "dataset.keep=null"]))
    dataset.keep='gender == "female"' dataset.keep=null
    >>> print(*as_hydra_reads(["dataset.labels={calm: neutrality}"]))
    ++dataset.labels=null +dataset.labels={calm: neutrality}
    """
    return [item for argument in arguments for item in _as_hydra_reads(argument)]


def _as_hydra_reads(argument: str) -> Iterator[str]:
    if match := _CONDITION.fullmatch(argument):
        yield f"{match[1]}'{match[2].replace(QUOTE, ESCAPED)}'"
    elif match := _LABELS.fullmatch(argument):
        yield f"++{match[1]}=null"
        yield f"+{match[1]}{match[2]}"
    else:
        yield argument
