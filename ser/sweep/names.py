"""What a cell is called: its factors, and the folder that it has to itself. Nothing heavy is imported here."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ser.settings import TrainSettings

FACTOR_KEYS = {"model": "model.name", "pretune": "pretune.name", "dataset": "dataset.name", "seed": "seed.value"}
"""The factors of every cell and the keys that hold them; `dataset` here is what is trained on."""

_SEED_NUMBERS = re.compile(r"seed=(-?[\d.]+(?:,-?[\d.]+)*|range\([\d,\s]+\))")


def factors(select: Callable[[str], Any], swept: Sequence[str]) -> dict[str, Any]:
    """Return what tells a cell from the others of its sweep: the four factors, and `key=value` of all else swept."""
    return {name: select(key) for name, key in FACTOR_KEYS.items()} | dict(item.split("=", 1) for item in swept)


def cell_name(values: dict[str, Any]) -> str:
    """Return the name of the cell's folder, `model=hubert,pretune=it,dataset=emozionalmente,seed=3`.

    A value that cannot stand in a file name is rewritten and gets a hash, so that no two cells share a folder.
    """
    return ",".join(f"{_safe(key)}={_safe(value)}" for key, value in values.items())


def cell_factors(settings: TrainSettings) -> dict[str, Any]:
    """Return the factors of checked settings."""

    def select(key: str) -> Any:
        part, field = key.split(".")
        return getattr(getattr(settings, part), field)

    return factors(select, settings.swept)


def cell_folder(settings: TrainSettings) -> Path:
    """Return the folder that the cell has to itself."""
    return settings.sweeps_dir / settings.sweep / cell_name(cell_factors(settings))


def seeds_as_values(arguments: list[str]) -> list[str]:
    """Rewrite `seed=7`, `seed=0,1,2` and `seed=range(0,110)` to `seed.value=...`; a named set stays a group."""
    return [f"seed.value={match[1]}" if (match := _SEED_NUMBERS.fullmatch(item)) else item for item in arguments]


def _safe(value: Any) -> str:
    text = str(value)
    safe = re.sub(r"[^\w.+-]", "_", text)
    if safe == text and len(text) <= 60:
        return safe
    return f"{safe[:40]}~{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
