"""Where an encoder comes from, told apart by what is in it: a folder's files, or a commit on the hub.

No torch here: the sweep asks for fingerprints before anything heavy is loaded.
"""

import functools
import hashlib
import logging
import zlib
from pathlib import Path

from ser.errors import CheckpointError
from ser.models.checkpoint_files import loaded_files, require_loadable


def parse(checkpoint: str) -> tuple[str, str | None]:
    """Split `id@revision`; a folder has no revision."""
    if Path(checkpoint).is_dir():
        return checkpoint, None
    name, _, revision = checkpoint.partition("@")
    return name, revision or None


def check_folder(checkpoint: str) -> None:
    """Refuse a folder that is not there or is no checkpoint, before the hub is asked for a model of that name.

    Raises:
        CheckpointError: the text can only be a path and there is no folder, or as
            `ser.models.checkpoint_files.require_loadable`.
    """
    folder = Path(checkpoint)
    if not folder.is_dir():
        if checkpoint.count("/") != 1 or checkpoint.startswith((".", "/", "~")):
            raise CheckpointError(
                f"checkpoint {checkpoint}: no such folder, and no hub id either (owner/name or owner/name@revision);"
                " set model.checkpoints.<pretune>"
            )
        return
    require_loadable(folder)


def require_rate(checkpoint: str, rate: object, sample_rate: int) -> None:
    """Refuse a checkpoint of another sampling rate than that of the clips.

    Args:
        checkpoint: for messages.
        rate: of its feature extractor.
        sample_rate: of the clips, in Hz.

    Raises:
        CheckpointError: the rates differ, or the extractor's is no number.
    """
    if not isinstance(rate, int) or rate < 1:
        raise CheckpointError(
            f"checkpoint {checkpoint}: sampling_rate={rate!r} of its feature extractor is no whole number of Hz; fix it"
            " in processor_config.json or preprocessor_config.json"
        )
    if rate != sample_rate:
        raise CheckpointError(
            f"checkpoint {checkpoint} takes {rate} Hz, the clips are stored at {sample_rate} Hz: set"
            f" audio.sample_rate={rate}"
        )


def fingerprint(checkpoint: str) -> str:
    """Return what identifies the weights: a hash of the files that loading reads, or the hub's id and commit.

    Whether it can be loaded at all is not asked here.
    """
    name, revision = parse(checkpoint)
    if Path(name).is_dir():
        folder = Path(name)
        stats = [(path, path.stat()) for path in _files(folder)]
        return _hash_files(folder, tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats))
    try:
        return f"{name}@{commit(checkpoint)}"
    except CheckpointError:
        return f"{name}@{revision or 'main'}"


def checksums(checkpoint: str) -> dict[str, int]:
    """Return name -> checksum of the files of a folder that loading reads; nothing for a hub id."""
    name, _ = parse(checkpoint)
    if not Path(name).is_dir():
        return {}
    return {path.relative_to(name).as_posix(): _checksum(path) for path in _files(Path(name))}


def _files(folder: Path) -> list[Path]:
    """Return the files that loading opens; none of a folder that cannot be loaded, which loading says."""
    try:
        return loaded_files(folder)
    except CheckpointError:
        return []


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


def local_folder(checkpoint: str) -> Path | None:
    """Return the folder of a checkpoint on this machine, that of the hub's cache for a hub id; None without one."""
    from huggingface_hub import try_to_load_from_cache

    name, revision = parse(checkpoint)
    if Path(name).is_dir():
        return Path(name)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        return None
    cached = try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(cached).parent if isinstance(cached, str) else None


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


def reason(error: BaseException) -> str:
    r"""Return the first line of what a library says, without its full stop, and the second if the first announces it.

    >>> reason(ValueError("Validation error for field 'conv_stride':\n    TypeError: expected a list, got 0."))
    "Validation error for field 'conv_stride': TypeError: expected a list, got 0"
    """
    lines = [line.strip() for line in str(error).strip().splitlines()]
    shown = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    return shown.rstrip(".") or type(error).__name__


@functools.cache
def _hash_files(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for path, size, _ in files:
        digest.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
