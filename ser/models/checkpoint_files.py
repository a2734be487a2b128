"""The files of a checkpoint's folder that loading opens, in the order in which transformers prefers them."""

import json
from pathlib import Path
from typing import Any

from ser.audio.kinds import LFS_POINTER
from ser.errors import CheckpointError

CONFIG = "config.json"
PROCESSOR = "processor_config.json"
PREPROCESSOR = "preprocessor_config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
"""The first that exists is loaded."""
ADAPTER = "adapter_config.json"
ELSEWHERE = ("transformers_weights", "configuration_files")
"""Keys of config.json that name other files to load."""


def loaded_files(folder: Path) -> list[Path]:
    """Return the existing files that loading opens: configuration, feature extractor, and weights with their shards.

    Raises:
        CheckpointError: an index cannot be read, or names a file outside the folder.
    """
    files = [folder / CONFIG, folder / PROCESSOR]
    if _nested_extractor(folder) is None:
        files.append(folder / PREPROCESSOR)
    if weights := weights_of(folder):
        files += [weights, *(_shards(weights) if weights.suffix == ".json" else [])]
    return sorted(path for path in files if path.is_file())


def weights_of(folder: Path) -> Path | None:
    """Return the file of the weights, or their index; None if there is neither."""
    return next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)


def require_loadable(folder: Path) -> None:
    """Refuse a folder without configuration or weights, and one that loads files other than its own.

    Raises:
        CheckpointError: a file is missing, is the pointer of Git LFS, lies outside the folder, or names another
            checkpoint.
    """
    if not (folder / CONFIG).is_file():
        raise CheckpointError(f"checkpoint {folder}: no {CONFIG} in it; expected a folder in Hugging Face layout")
    if _nested_extractor(folder) is None and not (folder / PREPROCESSOR).is_file():
        raise CheckpointError(
            f"checkpoint {folder}: no {PREPROCESSOR} in it, which says how its clips are made; copy the whole folder"
        )
    weights = weights_of(folder)
    if weights is None:
        raise CheckpointError(f"checkpoint {folder}: no weights in it; expected one of {', '.join(WEIGHTS)}")
    if (folder / ADAPTER).is_file():
        raise CheckpointError(
            f"checkpoint {folder}: {ADAPTER} names another checkpoint to load; merge the adapter into the weights, or"
            " remove that file"
        )
    for key in ELSEWHERE:
        if content(folder / CONFIG).get(key):
            raise CheckpointError(
                f"checkpoint {folder}: {key} in {CONFIG} names other files to load; remove it, and name them"
                f" {CONFIG} and {WEIGHTS[0]}"
            )
    for path in loaded_files(folder):
        with path.open("rb") as file:
            if file.read(len(LFS_POINTER)) == LFS_POINTER:
                raise CheckpointError(
                    f"checkpoint {folder}: {path.relative_to(folder)} is a pointer of Git LFS, not the file itself;"
                    f" fetch it: git -C {folder} lfs pull"
                )
        if path.name in (CONFIG, PROCESSOR, PREPROCESSOR) and _mapping(path) is None:
            raise CheckpointError(f"checkpoint {folder}: {path.name} is damaged, it holds no settings; get it again")
    for path in _shards(weights) if weights.suffix == ".json" else []:
        if not path.is_file():
            raise CheckpointError(
                f"checkpoint {folder}: {path.relative_to(folder)}, which {weights.name} names, is missing; copy the"
                " whole folder"
            )


def content(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing if it is missing or no mapping, which loading reports."""
    return _mapping(path) or {}


def _mapping(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def extractor_of(folder: Path) -> dict[str, Any]:
    """Return the settings of the feature extractor, from the file that loading takes them from."""
    nested = _nested_extractor(folder)
    if nested is None:
        return content(folder / PREPROCESSOR)
    return nested if isinstance(nested, dict) else {}


def _nested_extractor(folder: Path) -> Any:
    processor = content(folder / PROCESSOR)
    return processor.get("feature_extractor", processor.get("audio_processor"))


def _shards(index: Path) -> list[Path]:
    """Return the files that an index names, which may be links into the hub's own cache but into no other folder.

    Raises:
        CheckpointError: the index cannot be read, or one of them lies outside its folder.
    """
    folder = index.parent
    names = content(index).get("weight_map")
    if not isinstance(names, dict) or not names or not all(isinstance(name, str) for name in names.values()):
        raise CheckpointError(
            f"checkpoint {folder}: {index.name} is damaged, it has no weight_map of file names; get it again"
        )
    allowed = (folder.resolve(), (folder.parent.parent / "blobs").resolve())
    shards = []
    for name in sorted(set(names.values())):
        if Path(name).is_absolute() or not any((folder / name).resolve().is_relative_to(inside) for inside in allowed):
            raise CheckpointError(
                f"checkpoint {folder}: {index.name} names {name}, which is outside the folder; put the file into it"
            )
        shards.append(folder / name)
    return shards
