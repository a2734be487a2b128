"""Where an encoder comes from, told apart by what is in it: a folder's files, or a commit on the hub.

No torch here: the sweep asks for fingerprints before anything heavy is loaded.
"""

import functools
import hashlib
import logging
import zlib
from pathlib import Path

from ser.errors import CheckpointError

READ = (
    *("config.json", "preprocessor_config.json", "model*.safetensors", "model.safetensors.index.json"),
    *("pytorch_model*.bin", "pytorch_model.bin.index.json"),
)
"""The files of a folder that loading reads; a README beside them changes nothing."""
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def parse(checkpoint: str) -> tuple[str, str | None]:
    """Split `id@revision`; a folder has no revision."""
    if Path(checkpoint).is_dir():
        return checkpoint, None
    name, _, revision = checkpoint.partition("@")
    return name, revision or None


def check_folder(checkpoint: str) -> None:
    """Refuse a folder that is not there or is no checkpoint, before the hub is asked for a model of that name.

    Raises:
        CheckpointError: the text can only be a path and there is no folder, or the folder lacks its
            configuration or weights.
    """
    folder = Path(checkpoint)
    if not folder.is_dir():
        if checkpoint.count("/") != 1 or checkpoint.startswith((".", "/", "~")):
            raise CheckpointError(
                f"checkpoint {checkpoint}: no such folder, and no hub id either (owner/name or owner/name@revision);"
                " set model.checkpoints.<pretune>"
            )
        return
    if not (folder / "config.json").is_file():
        raise CheckpointError(
            f"checkpoint {checkpoint}: no config.json in it; expected a folder in Hugging Face layout"
        )
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise CheckpointError(f"checkpoint {checkpoint}: no weights in it; expected one of {', '.join(WEIGHTS)}")


def fingerprint(checkpoint: str) -> str:
    """Return what identifies the weights: a hash of the files that loading reads, or the hub's id and commit.

    Whether it can be loaded at all is not asked here.
    """
    name, revision = parse(checkpoint)
    if Path(name).is_dir():
        files = _read_by_loading(Path(name))
        return _hash_files(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
    try:
        return f"{name}@{commit(checkpoint)}"
    except CheckpointError:
        return f"{name}@{revision or 'main'}"


def checksums(checkpoint: str) -> dict[str, int]:
    """Return name -> checksum of the files of a folder that loading reads; nothing for a hub id."""
    name, _ = parse(checkpoint)
    if not Path(name).is_dir():
        return {}
    return {path.name: _checksum(path) for path in _read_by_loading(Path(name))}


def _read_by_loading(folder: Path) -> list[Path]:
    return sorted(path for pattern in READ for path in folder.glob(pattern) if path.is_file())


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


@functools.cache
def commit(checkpoint: str) -> str:
    """Return the commit that a hub id stands for: the cached one, or else what the hub says, which is cached then.

    So all cells of a sweep get the same weights, also when the branch moves on meanwhile.

    Raises:
        CheckpointError: it is no hub id, or not in the cache, and the hub does not have it or cannot be asked.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    check_folder(checkpoint)
    name, revision = parse(checkpoint)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it says five times that it tries again
    try:
        cached = try_to_load_from_cache(name, "config.json", revision=revision)
        file = cached if isinstance(cached, str) else hf_hub_download(name, "config.json", revision=revision)
    except Exception as error:  # of the network, of the hub, of the cache
        raise CheckpointError(
            f"checkpoint {checkpoint} is not in the cache and cannot be had from the hub: {reason(error)};"
            " check the name, the network, or give a local folder"
        ) from error
    return Path(file).parent.name


def reason(error: Exception) -> str:
    """Return the first line of what a library says, without its full stop."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


@functools.cache
def _hash_files(files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path, size, _ in files:
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
