"""Know recordings by what they hold, and remember it, so that a corpus that has not changed is not read again."""

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from ser.audio.parallel import each_file
from ser.errors import CorpusError
from ser.records import digest, write


def content_digest(files: Sequence[Path], memory: Path, task: str) -> str:
    """Return a hash of what the files hold, in their order; their names and places do not count.

    It is remembered under the files' paths, sizes and times of change: as long as those stay, no file is opened. Where
    nothing can be remembered, the files are read again the next time.

    Args:
        files: absolute paths.
        memory: folder of what is remembered: one small file for each list of files.
        task: what a progress bar says.

    Raises:
        CorpusError: files are not there or cannot be read; the message names them.
    """
    remembered = memory / f"{digest_of(map(_state, files))}.digest"
    content = _recall(remembered)
    if content is None:
        content = digest_of(each_file(_file_digest, files, task))
        with contextlib.suppress(OSError):
            _remember(remembered, content)
    return content


def digest_of(parts: Iterable[str]) -> str:
    """Return a hash of a sequence of texts, as 32 hexadecimal digits."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _recall(path: Path) -> str | None:
    """Return what is remembered; None where nothing is, or its checksum says that it is damaged."""
    with contextlib.suppress(OSError, ValueError):
        content, checksum = path.read_text(encoding="ascii").split()
        if checksum == digest_of([path.name, content]):
            return content
    return None


def _remember(path: Path, content: str) -> None:
    write(path, f"{content} {digest_of([path.name, content])}\n")


def _state(file: Path) -> str:
    try:
        status = file.stat()
    except OSError as error:  # reading the file will say so
        return f"{file} {error}"
    return f"{file} {status.st_size} {status.st_mtime_ns}"


def _file_digest(file: Path) -> str:
    try:
        return digest(file)
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}; check the root of the corpus") from error
