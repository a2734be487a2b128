"""How every entry point starts: Hydra composes the configuration, its schema checks it, the user gets one message.

Hydra and pydantic are all that is imported here, so that `--help` and a mistake in the configuration are
answered before anything heavy is loaded.
"""

import contextlib
import difflib
import errno
import functools
import gc
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from ser import hydra_internals
from ser.arguments import as_hydra_reads
from ser.errors import ConfigError, UserError
from ser.interrupts import Interrupted, end_with_driver, raise_interrupts, say
from ser.numbers import MOST
from ser.parts import UNKNOWN_KEY
from ser.streams import checked_streams

Settings = TypeVar("Settings", bound=BaseModel)
OF_THE_MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG),
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE),
)
"""Errors of a file or folder that say nothing about the program."""


def config_folder() -> Path:
    """Return the folder of the YAML files: inside the installed package, or `conf/` beside it in a checkout."""
    packaged = Path(__file__).with_name("conf")
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "conf"


def run(
    task: Callable[[Settings], None],
    config_name: str,
    schema: type[Settings],
    rewrite: Callable[[list[str]], list[str]] = list,
) -> None:
    """Compose `conf/<config_name>.yaml` with the command line, check it, and hand the settings to `task`.

    `rewrite` makes the command line into what Hydra takes. Leaves with 0; 1 for mistakes in the data, 2 in the command.
    """

    @functools.wraps(task)
    def checked(config: DictConfig) -> None:
        task(check(config, schema))

    start(checked, config_name, rewrite)


def start(
    task: Callable[[DictConfig], Any], config_name: str, rewrite: Callable[[list[str]], list[str]] = list
) -> None:
    """Run `task` under Hydra with the composed configuration; print mistakes as messages, bugs as tracebacks."""

    @functools.wraps(task)
    def job(config: DictConfig) -> Any:
        alone = HydraConfig.get().mode != RunMode.MULTIRUN
        if not alone:
            end_with_driver()
        try:
            hydra_internals.require_one_working_folder(HydraConfig.get().job.chdir)
            return task(config)
        except Exception as error:
            if not alone:
                release_memory(error)
                raise  # the sweep goes on, and reports it
            if isinstance(error, UserError):
                sys.exit(report(error))
            if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] != "ser" and own_errors:
                sys.exit(report(ConfigError(f"{error.name} is not installed: pip install 'ser-grid[train]'")))
            if isinstance(error, OSError) and error.filename and error.errno in OF_THE_MACHINE and own_errors:
                sys.exit(report(UserError(f"{error.filename}: {error.strerror}; check this path and its rights")))
            raise
        finally:
            if not alone:
                gc.collect()  # a trainer and its module refer to each other, and hold memory of the GPU

    for argument in sys.argv[1:]:
        if any("\ud800" <= character <= "\udfff" for character in argument):  # bytes that Python could not decode
            sys.exit(report(ConfigError(f"{argument!a}: this shell's locale is not UTF-8; export LC_ALL=C.UTF-8")))
    raise_interrupts()
    own_errors = os.environ.get("HYDRA_FULL_ERROR") != "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises, and the messages are made here
    try:
        sys.argv[1:] = as_hydra_reads(rewrite(sys.argv[1:]))
        with checked_streams():
            hydra.main(version_base="1.3", config_path=str(config_folder()), config_name=config_name)(job)()
    except (UserError, HydraException, OmegaConfBaseException) as error:
        if not own_errors:
            raise
        sys.exit(report(error))
    except Interrupted as interrupted:
        say(interrupted)
        sys.exit(interrupted.exit_code)
    except (RuntimeError, ValueError, TypeError) as error:
        if hydra_internals.is_unknown_plugin(error):
            sys.exit(report(ConfigError(f"{error}: install what it needs, e.g. pip install 'ser-grid[slurm]'")))
        if hydra_internals.is_number_for_group(error):
            sys.exit(report(ConfigError("a group takes the name of one of its files, not a number; see --help")))
        raise


def release_memory(error: BaseException | None) -> None:
    """Clear the local variables of all calls that an error and its causes ended.

    Hydra keeps the errors of jobs until the sweep ends: the model of a cell that ran out of memory would stay on the
    GPU, and the next cells would run out of memory as well.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def report(error: Exception) -> int:
    """Print an error that the user can mend, and return the exit code."""
    with contextlib.suppress(OSError):  # where nothing can be printed, the exit code says it
        print(f"error: {explain(error)}", file=sys.stderr)
    return error.exit_code if isinstance(error, UserError) else ConfigError.exit_code


def check(config: DictConfig, schema: type[Settings]) -> Settings:
    """Return the configuration as checked settings.

    Raises:
        ConfigError: keys are unknown, types are wrong or values impossible; all of them are named at once.
    """
    try:
        content = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    if unquoted := [*_keys_that_are_no_text(content)]:
        raise ConfigError("\n       ".join(unquoted))
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        details = error.errors()
        wrong = {detail["loc"][:-1] for detail in details}  # a list of wrong items is not too short as well
        found: dict[str, list[str]] = {}  # of a key that may be of several types, each has a finding
        for detail in details:
            if detail["type"] != "too_short" or detail["loc"] not in wrong:
                key, message = _explain_value(detail, schema, content)
                found.setdefault(key, []).append(message)
        lines = [f"{key}{', or '.join(messages)}" for key, messages in found.items()]
        raise ConfigError("\n       ".join(lines)) from error


def _keys_that_are_no_text(content: Any, prefix: str = "") -> Iterator[str]:
    """Yield a line for each key that YAML reads as true or false, such as `no`; numbers can be labels of a table."""
    if not isinstance(content, dict | list):
        return
    for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
        if isinstance(content, dict) and isinstance(key, bool):
            yield f"{prefix}: the key {key} is read as true or false; put keys such as no, yes, on and off into quotes"
        yield from _keys_that_are_no_text(inner, f"{prefix}.{key}" if prefix else str(key))


def explain(error: Exception) -> str:
    """Say in one message what is wrong with a configuration, whoever found it."""
    if isinstance(error, UserError):
        return str(error)
    if unknown := hydra_internals.unknown_name(error):
        return unknown_key(*unknown)
    if key := hydra_internals.missing_key(error):
        return f"{key} has no value; give it one: {key}=..."
    first = str(error).partition("\n")[0]
    if hydra_internals.is_sweep_without_multirun(error):
        return f"{first}: to run all of them, add -m; one value of a list is written key=[a,b]"
    if hydra_internals.is_syntax(error):
        return f"{first}\n       quote values with special characters: 'key=\"value\"'"
    return hydra_internals.without_hints(error)


def unknown_key(key: str, allowed: list[str]) -> str:
    """Name a key that the configuration does not have, the nearest one, and all there are."""
    prefix, _, last = key.rpartition(".")
    if not allowed:
        return f"unknown key {key}; to add it: '+{prefix}={{{last}: ...}}'"
    near = difflib.get_close_matches(last, allowed, n=1)
    hint = f"; an option of its reader takes a plus: +{key}=..." if prefix.startswith("dataset.corpora.") else ""
    hint = f"; did you mean {prefix + '.' if prefix else ''}{near[0]}?" if near else hint
    return f"unknown key {key}{hint}\n       allowed {'in ' + prefix if prefix else 'keys'}: {', '.join(allowed)}"


def _explain_value(detail: Any, schema: type[BaseModel], content: Any) -> tuple[str, str]:
    """Turn one of pydantic's findings into the two halves of a line: the key with its value, and what is allowed."""
    path, siblings = _typed(detail, content)
    key = ".".join(path)
    if detail["type"] == "extra_forbidden":
        return unknown_key(key, _fields(schema, path[:-1]) or siblings), ""
    if detail["type"] == UNKNOWN_KEY:
        return unknown_key(key, detail["ctx"]["allowed"]), ""
    if detail["type"] == "missing":
        options = sorted(path.stem for path in (config_folder() / key).glob("*.yaml"))
        return f"{key} is missing; ", f"choose {key}={'|'.join(options)}" if options else f"give it: +{key}=..."
    if detail["type"] == "union_tag_invalid":
        told = {name: str(value).replace("'", "") for name, value in detail["ctx"].items()}
        return f"{key}.{told['discriminator']}={told['tag']}: ", f"allowed are {told['expected_tags']}"
    if detail["type"] == "path_type":
        return f"{key}={detail['input']}: ", "input should be the path of a file or folder"
    message = re.sub(r"^Value error, ", "", detail["msg"])
    if detail["type"] == "int_parsing_size":  # pydantic speaks of the text that it parses
        message = f"a whole number is at most {MOST}"
    message = message if message[:2].isupper() else message[0].lower() + message[1:]  # SQLite stays
    if isinstance(detail["input"], dict):  # several keys together are wrong, and the message names them
        return f"{key}: " if key else "", message
    return f"{key}={detail['input']}: ", message


def _typed(detail: Any, content: Any) -> tuple[list[str], list[str]]:
    """Return the key of one of pydantic's findings as a user types it, and the keys beside it.

    Pydantic's names of kinds, of a transform say, are left out: no key leads there.
    """
    path, siblings = [], []
    for part in detail["loc"]:
        try:
            inner = content[part]
        except (KeyError, IndexError, TypeError):
            continue
        siblings = [str(name) for name in content if name != part] if isinstance(content, dict) else []
        path.append(str(part))
        content = inner
    return [*path, str(detail["loc"][-1])] if detail["type"] == "missing" else path, siblings


def _fields(schema: type[BaseModel], path: list[str]) -> list[str]:
    """List the keys that the schema has at a path; none where the path leads through a free mapping or a list."""
    for part in path:
        field = schema.model_fields.get(part)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        schema = annotation
    return list(schema.model_fields)
