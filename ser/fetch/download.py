"""Download a file with a known checksum; an interrupted download is resumed.

`pooch` restarts from the beginning after every interruption, so a large file never arrives over a bad connection.
"""

import hashlib
import re
import time
from pathlib import Path
from typing import Final

import requests
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from ser.errors import CorpusError, UserError

ATTEMPTS: Final = 5
"""Consecutive requests without new data until the download fails."""
WAIT_S: Final = 2.0
"""Pause before the second of them, doubled before each further one."""
TIMEOUT_S: Final = 30.0
_BLOCK: Final = 1 << 14
"""Bytes; a block that the connection breaks off in is lost."""


class _TransientError(Exception):
    """The connection broke or the server is unavailable; the partial download is kept."""


def download(url: str, file: Path, md5: str, most_bytes: int, remedy: str) -> None:
    """Download `url` to `file`, which afterwards exists complete or not at all.

    A partial download stays in `<file>.part`, also after the process was killed; the caller ensures that no two
    processes download to the same file.

    Args:
        url: address of the file.
        file: path to write.
        md5: checksum of the file, 32 hexadecimal digits.
        most_bytes: largest size that is accepted.
        remedy: what else the user can do, for messages.

    Raises:
        CorpusError: the server lacks the file or cannot be reached, or the size or the checksum is wrong.
        UserError: the file cannot be written, for example because the disk is full.
    """
    if file.is_file() and md5_of(file) == md5:
        return
    part = file.with_name(f"{file.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.is_file()
        _download(url, part, most_bytes, remedy)
        if resumed and md5_of(part) != md5:  # the file changed on the server between the two parts
            part.unlink()
            _download(url, part, most_bytes, remedy)
        checksum = md5_of(part)
        if checksum != md5:
            part.unlink()
            raise CorpusError(f"{url}: has the checksum {checksum}, where {md5} is expected, and was removed; {remedy}")
        part.replace(file)
    except OSError as error:
        raise UserError(f"{part}: cannot be written ({error}); free some space there, and call again") from error


def md5_of(file: Path) -> str:
    """Return the MD5 of a file, 32 hexadecimal digits: it detects damage, not forgery."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _download(url: str, part: Path, most_bytes: int, remedy: str) -> None:
    """Request until the file is complete; give up after `ATTEMPTS` requests without new data."""
    failures = 0
    while True:
        before = _size(part)
        try:
            _resume(url, part, most_bytes, remedy)
            return
        except _TransientError as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures == ATTEMPTS:
                raise CorpusError(
                    f"{url}: {error}; {_size(part)} bytes are kept, so call again later, or {remedy}"
                ) from error
            time.sleep(WAIT_S * 2 ** (failures - 1) if failures else 0)


def _resume(url: str, part: Path, most_bytes: int, remedy: str) -> None:
    """Request the missing bytes and append them; a server without range requests sends the whole file."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if _total(response) != have:  # else the file is complete
                    part.unlink(missing_ok=True)
                    raise _TransientError("the partial download is longer than the file on the server")
                return
            if response.status_code == requests.codes.too_many_requests or response.status_code >= 500:
                raise _TransientError(f"the server answers {response.status_code} {response.reason}")
            if response.status_code not in (requests.codes.ok, requests.codes.partial_content):
                raise CorpusError(f"{url}: the server answers {response.status_code} {response.reason}; {remedy}")
            _write(response, part, have if _continues(response, have) else 0, most_bytes, remedy)
    except requests.RequestException as error:
        raise _TransientError(f"the connection fails ({type(error).__name__})") from error


def _write(response: requests.Response, part: Path, start: int, most_bytes: int, remedy: str) -> None:
    """Write the body of the response after the first `start` bytes of the file, block by block."""
    total = start + int(response.headers.get("Content-Length") or 0)
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with (
        part.open("r+b" if start else "wb") as file,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        file.seek(start)
        file.truncate()
        bar = progress.add_task(f"Fetching {part.stem}", total=total or None, completed=start)
        for block in response.iter_content(_BLOCK):
            if file.tell() + len(block) > most_bytes:
                raise CorpusError(f"{response.url}: more than {most_bytes} bytes, which is not the corpus; {remedy}")
            file.write(block)
            file.flush()
            progress.update(bar, advance=len(block))


def _continues(response: requests.Response, have: int) -> bool:
    """Return whether the response is the rest of the file rather than all of it."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status_code == requests.codes.partial_content and match is not None and int(match[1]) == have


def _total(response: requests.Response) -> int | None:
    match = re.match(r"bytes \*/(\d+)$", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
