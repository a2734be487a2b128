"""Every key of every entry point, with values of every type that it does not take."""

import copy
import functools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from ser.command import check, config_folder
from ser.errors import ConfigError
from tests.bad_input.case import Case
from tests.test_config import ENTRY_POINTS, filled, schema

WRONG = {
    "text": "wrong",
    "number": 1.5,
    "truth": True,
    "null": None,
    "list": [[1]],
    "mapping": {"a": {"b": 1}},
    "nan": math.nan,
}
BEYOND = {"-1": -1, "1e23": 10**23, "1e300": 1e300, "inf": math.inf, "-inf": -math.inf}
"""Numbers that are no seed, no count, no score and no difference of scores."""
OF_STATISTICS = ("analyze", "audit", "plan")
TOGETHER = ("pretune.name", "dataset.train")
"""Keys that are wrong together with others, so that the message names their group."""
OF_READERS = ("table", "labels", "part")
"""What a reader makes of these is its own affair."""


CHOSEN = {
    "train": [
        *("dataset=manifest", "augmentation=combined", "split=folds", "pooling=ecapa_tdnn", "layers=one"),
        "freezing=first_layers",
    ],
    "search": ["dataset=manifest", "augmentation=combined", "split=folds", "freezing=lora"],
    "audit": ["dataset=manifest", "split=folds"],
    "prepare": ["dataset=manifest"],
}
"""Options with which every kind of key is met."""


@functools.cache
def whole(entry_point: str = "train") -> dict[str, Any]:
    """Return a configuration with every kind of key in it."""
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        config = filled(compose(entry_point, CHOSEN.get(entry_point, [])))
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def keys(content: Any, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value that is no mapping or list of mappings."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inner:
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from keys(value, (*prefix, key))
        elif key not in OF_READERS:
            yield (*prefix, key)


def _use(entry_point: str, path: tuple[str | int, ...], _: Path, wrong: Mapping[str, Any] = WRONG) -> str:
    """Try all wrong values; return which are taken, raise the last message if some are refused."""
    refused: dict[str, Exception] = {}
    for kind, value in wrong.items():
        content = copy.deepcopy(whole(entry_point))
        inner: Any = content
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        try:
            check(OmegaConf.create(content), schema(entry_point))
        except Exception as error:
            refused[kind] = error
    first, *others = refused
    told = str(refused[first]) + (f" (likewise: {', '.join(others)})" if others else "")
    raise type(refused[first])(told)


def _cases() -> Iterator[Case]:
    """Yield a case for each key; those that several entry points share are told of the first."""
    seen = set()
    for entry_point in sorted(ENTRY_POINTS, key=lambda name: name != "train"):
        for path in keys(whole(entry_point)):
            key = ".".join(map(str, path))
            if path not in seen:
                named = str(path[0]) if key.endswith(TOGETHER) else key
                yield Case("key", key, "refused", functools.partial(_use, entry_point, path), named)
            seen.add(path)


def _numbers() -> Iterator[Case]:
    """Yield a case for each number of the commands that compute statistics; every number beyond it is refused."""
    for entry_point in OF_STATISTICS:
        for path in keys(whole(entry_point)):
            inner: Any = whole(entry_point)
            for key in path:
                inner = inner[key]
            values = inner if isinstance(inner, list) else [inner]
            if path[0] not in ("dataset", "split") and all(type(value) in (int, float) for value in values) and values:
                beyond = {name: [value] if isinstance(inner, list) else value for name, value in BEYOND.items()}
                key = ".".join(map(str, path))
                use = functools.partial(_use_all, entry_point, path, beyond)
                yield Case("number", f"{key} of ser.{entry_point}", "refused", use, key)


def _use_all(entry_point: str, path: tuple[str | int, ...], wrong: Mapping[str, Any], folder: Path) -> str:
    """Return which of the values is taken, or raise the messages of the first."""
    for kind, value in wrong.items():
        try:
            _use(entry_point, path, folder, {kind: value})
        except ConfigError:
            continue
        except ValueError:  # none was refused
            return f"{kind} is taken"
    return _use(entry_point, path, folder, wrong)


CASES = [*_cases(), *_numbers()]
