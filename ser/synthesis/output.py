"""The folder that the demo's material is written to: whole or not at all, and never over something else."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ser.synthesis import SynthesisError

RECIPE = 2
"""Raised whenever the same settings would give other files."""

STAMP = "synthetic.json"
"""The file that says from which recipe and settings a folder was made; it is written last."""


def is_made(output: Path, settings: dict[str, Any]) -> bool:
    """Tell whether the folder already holds what the settings would give; if not, it is absent or empty.

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
    asked = _stamp(settings)
    changed = [key for key in asked | made_from if asked.get(key) != made_from.get(key)]
    if changed:
        told = ", ".join(f"{key}={made_from.get(key)} instead of {asked.get(key)}" for key in changed)
        raise SynthesisError(f"{output} was made with {told}; {remedy}")
    return True


@contextlib.contextmanager
def whole(output: Path, settings: dict[str, Any]) -> Iterator[Path]:
    """Give a folder to write to, which becomes `output` when the block ends well and goes when it does not.

    Raises:
        SynthesisError: the folder cannot be made or renamed there.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.partial-", dir=output.parent) as beside:
            folder = Path(beside, "whole")
            folder.mkdir()
            yield folder
            (folder / STAMP).write_text(json.dumps(_stamp(settings), indent=2) + "\n", encoding="utf-8")
            if output.exists():
                output.rmdir()  # an empty one; what else it may be by now is not removed
            folder.rename(output)
    except OSError as error:
        raise SynthesisError(f"cannot write {output} ({error}); free it, or choose another: output=<folder>") from error


def _stamp(settings: dict[str, Any]) -> dict[str, Any]:
    return {"recipe": RECIPE, **settings}
