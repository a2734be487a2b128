"""The file of a made checkpoint that says what it was made from; whoever asks need not load anything heavy."""

import json
from pathlib import Path
from typing import Any, Literal

from ser.errors import ConfigError, UserError
from ser.sweep.identity import changes, identity

PROVENANCE = "pretuning.json"


def provenance(cell: dict[str, Any], scores: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is written down: no times and no places, so that the same checkpoint made again has the same file."""
    return {
        "signature": cell["signature"],
        "factors": cell["factors"],
        "parameters": identity(cell["parameters"]),
        "scores": scores,
    }


def is_made(output: Path, cell: dict[str, Any], on_change: Literal["stop", "rerun"]) -> bool:
    """Tell whether a folder holds the checkpoint that is described; if not, it may be written there.

    Raises:
        ConfigError: it holds one that was made from something else, and `on_change` is `stop`; what differs is named.
        UserError: it holds something that was not made by this stage.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    try:
        before = json.loads((output / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{output} holds something that was not made here (no readable {PROVENANCE} in it); choose another folder:"
            " output=<folder>"
        ) from None
    if before["signature"] == cell["signature"]:
        return True
    if on_change == "rerun":
        return False
    different = "\n         ".join(changes(before, cell | {"parameters": identity(cell["parameters"])}))
    raise ConfigError(
        f"{output} was made from something else:\n         {different}\n"
        "       choose another folder (output=...) or level (pretune=...), or make it anew with on_change=rerun"
    )


def errors_told(output: Path) -> str:
    """Return `commonvoice CER .215, WER .682`: the errors of a made checkpoint on unheard speakers."""
    told: dict[str, list[str]] = {}
    for score in json.loads((output / PROVENANCE).read_text(encoding="utf-8"))["scores"]:
        value = f"{score['value']:.3f}".removeprefix("0")
        told.setdefault(score["dataset"], []).append(f"{score['metric'].upper()} {value}")
    return "; ".join(f"{corpus} {', '.join(rates)}" for corpus, rates in told.items())
