"""The output folder of the demo's material: written completely or not at all, and never over other files."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ser.synthesis import SynthesisError

RECIPE = 2
"""Increased when the same settings give other files."""

STAMP = "synthetic.json"
"""File with the recipe and the settings of a folder; it is written last."""


def is_made(output: Path, settings: dict[str, Any]) -> bool:
    """Return whether the folder holds the output of these settings; False if it is missing or empty.

    Raises:
        SynthesisError: the folder holds something else.
    """
    remedy = "choose another folder with output=<folder>, or remove this one"
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    try:
        made_from = json.loads((output / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SynthesisError(
            f"{output} holds something that was not made here (no readable {STAMP} in it); {remedy}"
        ) from None
    stamp = _stamp(settings)
    changed = [key for key in stamp | made_from if stamp.get(key) != made_from.get(key)]
    if changed:
        differences = ", ".join(f"{key}={made_from.get(key)} instead of {stamp.get(key)}" for key in changed)
        raise SynthesisError(f"{output} was made with {differences}; {remedy}")
    return True


@contextlib.contextmanager
def atomic_folder(output: Path, settings: dict[str, Any]) -> Iterator[Path]:
    """Yield a temporary folder; it is renamed to `output` if the block succeeds, and removed otherwise.

    Raises:
        SynthesisError: the folder cannot be created or renamed.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.partial-", dir=output.parent) as beside:
            folder = Path(beside, "new")
            folder.mkdir()
            yield folder
            (folder / STAMP).write_text(json.dumps(_stamp(settings), indent=2) + "\n", encoding="utf-8")
            if output.exists():
                output.rmdir()  # only if it is empty
            folder.rename(output)
    except OSError as error:
        raise SynthesisError(f"cannot write {output} ({error}); choose another folder: output=<folder>") from error


def _stamp(settings: dict[str, Any]) -> dict[str, Any]:
    return {"recipe": RECIPE, **settings}
