"""Licences and citations of what a sweep was made with: corpora, checkpoints, and this program."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml

from ser import records
from ser.command import config_folder

UNKNOWN: Final = "unknown"
SOFTWARE: Final = "https://www.apache.org/licenses/LICENSE-2.0"


def terms(cells: Mapping[Path, records.ResultRecord]) -> pd.DataFrame:
    """Return the terms of everything that finished cells used.

    The terms of a corpus are in the results; those of a checkpoint are in the configuration of the cell or, for cells
    of earlier versions, in `conf/model`.

    Args:
        cells: folder -> result.

    Returns:
        `kind` (corpus, checkpoint, software), `name`, `licence`, `citation` and `url`, sorted; what is not known is
        "unknown".
    """
    rows = [
        {"kind": "corpus", "name": name, "licence": used.licence, "citation": used.citation, "url": used.url}
        for result in cells.values()
        for name, used in result.corpora.items()
    ]
    rows += [_of_checkpoint(folder, result) for folder, result in cells.items()]
    rows.append(
        {
            "kind": "software",
            "name": f"ser-grid {version('ser-grid')}",
            "licence": "Apache-2.0",
            "citation": "The ser developers: ser: factorial experiments in speech emotion recognition",
            "url": SOFTWARE,
        }
    )
    table = pd.DataFrame(rows).fillna(UNKNOWN).drop_duplicates()
    return table.sort_values(["kind", "name"], ignore_index=True)


def environment(results: Iterable[records.ResultRecord], packages: Mapping[str, str], python: str) -> str:
    """Return the versions that a sweep was made with, and those of this environment, as a requirements file.

    Args:
        results: of the cells, which name the packages that compute the results.
        packages: name -> version of everything that is installed here.
        python: version of Python here.
    """
    made: dict[str, set[str]] = {}
    devices = set()
    for result in results:
        for name, found in result.versions.items():
            made.setdefault(name, set()).add(found)
        devices.add(f"{result.training.device or UNKNOWN}, {result.training.precision or UNKNOWN}")
    lines = ["# The cells were computed with:"]
    lines += [f"#   {name} {', '.join(sorted(found))}" for name, found in sorted(made.items())]
    lines += [f"#   on {device}" for device in sorted(devices)]
    lines += [f"# The archive was written with Python {python} and:"]
    lines += [f"{name}=={found}" for name, found in sorted(packages.items(), key=lambda item: item[0].lower())]
    return "\n".join(lines) + "\n"


def _of_checkpoint(folder: Path, result: records.ResultRecord) -> dict[str, Any]:
    """Return the terms of the checkpoint of a cell; the model's YAML states those of checkpoints on the hub alone."""
    name = str(result.parameters.get("checkpoint", UNKNOWN))
    if name.count("/") != 1 or Path(name).is_dir():
        return {"kind": "checkpoint", "name": name, "licence": None, "citation": None, "url": None}
    model = Path(str(result.factors.get("model", ""))).name
    config = _model(folder / records.CONFIG, "model") or _model(config_folder() / "model" / f"{model}.yaml")
    return {
        "kind": "checkpoint",
        "name": name,
        "licence": config.get("licence"),
        "citation": config.get("citation"),
        "url": f"https://huggingface.co/{name.partition('@')[0]}",
    }


def _model(path: Path, key: str = "") -> dict[str, Any]:
    """Return the model of a configuration that says under which licence it is; nothing if it does not say so."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        model = content[key] if key else content
        return model if model.get("licence") else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError):
        return {}
