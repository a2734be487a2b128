"""The grid of an archive as command lines: its cells as they were trained, and the same with further levels.

What an archive says is data of a stranger: only values of keys that change the scores are taken from it, as text that
is neither interpolated nor imported.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from ser import records
from ser.errors import ArchiveError
from ser.sharing.zip_files import REMEDY, Archive

GROUPS: Final = ("model", "pretune", "dataset")
"""Factors that are groups of the configuration."""
LEVELS: Final = (*GROUPS, "seed.value")
"""Keys whose typed values are added to the levels of an archive."""
PARTS: Final = (
    "task",
    "split",
    "augmentation",
    "pooling",
    "layers",
    "head",
    "freezing",
    "loss",
    "training",
    "numerics",
)
"""Groups whose option is called by its `name`."""
SCIENCE: Final = (*GROUPS, *PARTS, "audio")
"""Keys of the configuration whose values are taken from an archive, as far as they differ from those here."""
OF_A_MACHINE: Final = re.compile(r"dataset\.corpora\.[^.]+\.(?:root|table)|model\.(?:checkpoints\..*|licence|citation)")
CODE: Final = re.compile(
    r"(?:pooling|loss|split|layers|head)\.name|augmentation\.transforms\.\d+\.type|dataset\.corpora\.[^.]+\.reader"
    r"|model\.architecture"
)
"""Keys whose value may be an import path."""

Compose = Callable[[Sequence[str]], dict[str, Any]]
"""Composes the configuration with overrides, and returns it as plain values."""


class Line(NamedTuple):
    """A command line of several seeds: its overrides, and the keys among them that tell cells apart."""

    overrides: list[str]
    swept: list[str]


def command_lines(
    archive: Archive, typed: Mapping[str, Sequence[str]], others: list[str], compose: Compose
) -> list[Line]:
    """Return the command lines of an archive's cells and of the same cells with the levels that were typed.

    Args:
        archive: that is open.
        typed: key of a factor (`model`, `pretune`, `dataset`, `seed.value`) -> levels to add.
        others: what else was typed, which counts more than the archive.
        compose: composes the configuration of this machine.

    Raises:
        ArchiveError: a configuration cannot be read, has an interpolation, or names code that was not chosen here.
    """
    lines: dict[tuple[Any, ...], tuple[dict[str, Any], list[str]]] = {}
    for config in _configs(archive):
        levels = {group: str(config[group]["name"]) for group in GROUPS}
        swept = [str(item) for item in config.get("swept", [])]
        key = (*levels.values(), *swept, _split_seed(config))
        lines.setdefault(key, (config, []))[1].append(str(config["seed"]["value"]))
    result = []
    for (*_, split), (config, seeds) in lines.items():
        levels = {group: str(config[group]["name"]) for group in GROUPS}
        swept = [str(item) for item in config.get("swept", [])]
        for chosen in _levels(levels, typed):
            unchanged = chosen == levels
            values = [*(seeds if unchanged else ()), *typed.get("seed.value", () if unchanged else seeds)]
            overrides = _overrides(archive, config, chosen, others, compose)
            if split is not None:
                overrides.append(f"seed.split={split}")
            overrides.append(f"seed.value={','.join(dict.fromkeys(values))}")
            result.append(Line([*overrides, *others], [item.partition("=")[0] for item in swept]))
    return result


def _levels(levels: dict[str, str], typed: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield the levels of a cell of the archive, and each combination of them with those that were typed."""
    axes = [dict.fromkeys([levels[group], *typed.get(group, ())]) for group in GROUPS]
    for combination in itertools.product(*axes):
        yield dict(zip(GROUPS, combination, strict=True))


def _configs(archive: Archive) -> Iterator[dict[str, Any]]:
    """Yield the configurations of the cells, which are plain YAML."""
    for path in sorted(archive.cells.glob(f"*/{records.CONFIG}")):
        shown = path.relative_to(archive.folder)
        try:
            config = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not all(isinstance(config[key], dict) for key in (*SCIENCE, "seed")):
                raise ValueError("a part of it is no mapping")
            _ = [config[group]["name"] for group in GROUPS], config["seed"]["value"]
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError, RecursionError) as error:
            reason = str(error).partition("\n")[0]
            raise ArchiveError(f"{archive.path}: {shown} is no configuration of a cell ({reason}); {REMEDY}") from error
        yield config


def _split_seed(config: dict[str, Any]) -> str | None:
    """Return the seed of the split, None where it follows that of the training."""
    seed = config["seed"]
    return None if seed.get("split", seed["value"]) == seed["value"] else str(seed["split"])


def _overrides(
    archive: Archive, config: dict[str, Any], levels: dict[str, str], others: list[str], compose: Compose
) -> list[str]:
    """Return what is typed for a cell: the options of its groups, and every value that differs from theirs here."""
    groups = [f"{group}={level}" for group, level in levels.items()]
    groups += [f"{part}={name}" for part in PARTS if re.fullmatch(r"\w+", name := str(config[part].get("name")))]
    here = _flat(compose([*groups, *others]))
    replaced = [group for group in GROUPS if levels[group] != str(config[group]["name"])]
    archived = _flat({key: config[key] for key in SCIENCE if key not in replaced})
    chosen = {item.lstrip("+").partition("=")[0] for item in others}
    differing = {
        key: value
        for key, value in archived.items()
        if here.get(key) != value and not OF_A_MACHINE.fullmatch(key) and not _is_typed(key, chosen)
    }
    for key, value in differing.items():
        if CODE.fullmatch(key) and isinstance(value, str) and "." in value:
            raise ArchiveError(
                f"{archive.path} was made with code of its owner, {key}={value}, which is not run unless you choose it:"
                f" install it, and type {key.removesuffix('.name')}={value}"
            )
        if "${" in str(value):
            raise ArchiveError(f"{archive.path}: {key}={value} would be interpolated; {REMEDY}")
    return [*groups, *_checkpoint(config, here, chosen, replaced), *(_override(*item) for item in differing.items())]


def _is_typed(key: str, chosen: set[str]) -> bool:
    return any(key == typed or key.startswith(f"{typed}.") for typed in chosen)


def _checkpoint(config: dict[str, Any], here: Mapping[str, Any], chosen: set[str], replaced: list[str]) -> list[str]:
    """Return the checkpoint of a cell, if it is one on the hub or in a folder that is here too."""
    level = str(config["pretune"]["name"])
    key, value = f"model.checkpoints.{level}", config["model"].get("checkpoints", {}).get(level)
    if {"model", "pretune"} & set(replaced) or _is_typed(key, chosen) or here.get(key) == value:
        return []
    usable = isinstance(value, str) and (Path(value).is_dir() or re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w.-]+)?", value))
    return [_override(key, value)] if usable else []


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings, and lists of mappings, as one mapping with dotted keys."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        value = dict(enumerate(value))
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    inner = (_flat(item, f"{prefix}.{name}" if prefix else str(name)) for name, item in value.items())
    return {key: leaf for part in inner for key, leaf in part.items()}


def _override(key: str, value: Any) -> str:
    return f"++{key}={_literal(value)}"


def _literal(value: Any) -> str:
    """Return a value in Hydra's grammar of overrides."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{','.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_literal(item)}' for key, item in value.items())}}}"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
