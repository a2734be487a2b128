"""Download a file whose checksum is known: go on where it broke off, and keep nothing that is not what it should be.

`pooch`, which does the checksums, starts anew after every break: half a gigabyte over a bad line never comes.
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
"""Calls in a row that bring nothing new until it gives up."""
WAIT_S: Final = 2.0
"""Before the second of them; before each further one twice as long."""
TIMEOUT_S: Final = 30.0
_BLOCK: Final = 1 << 14
"""Bytes; what came of a block that the connection broke off in is lost."""


class _BrokenError(Exception):
    """The connection broke, or the server cannot answer now: what has come so far is kept."""


def download(url: str, file: Path, md5: str, most_bytes: int, remedy: str) -> None:
    """Fetch `url` into `file`, which is there whole afterwards, or not at all.

    What has come before a break lies in `<file>.part`, also of a process that was killed; the caller sees to it that no
    two processes fetch into the same file.

    Args:
        url: of the file.
        file: where to.
        md5: of the whole file, 32 hexadecimal digits.
        most_bytes: more than these are not taken, whatever the server sends.
        remedy: what else the user can do, for messages.

    Raises:
        CorpusError: the server does not have it or cannot be reached, sends too much, or something else.
        UserError: it cannot be written, for example because the disk is full.
    """
    if file.is_file() and md5_of(file) == md5:
        return
    part = file.with_name(f"{file.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.is_file()
        _fetch(url, part, most_bytes, remedy)
        if resumed and md5_of(part) != md5:  # the file has changed at its owner's since the first half came
            part.unlink()
            _fetch(url, part, most_bytes, remedy)
        found = md5_of(part)
        if found != md5:
            part.unlink()
            raise CorpusError(f"{url}: has the checksum {found}, where {md5} is expected, and was removed; {remedy}")
        part.replace(file)
    except OSError as error:
        raise UserError(f"{part}: cannot be written ({error}); free some space there, and call again") from error


def md5_of(file: Path) -> str:
    """Return the MD5 of a file, as 32 hexadecimal digits; it tells damage, the address is what is trusted."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fetch(url: str, part: Path, most_bytes: int, remedy: str) -> None:
    """Call again and again until all has come, or until nothing new comes any more."""
    fruitless = 0
    while True:
        before = _size(part)
        try:
            _go_on(url, part, most_bytes, remedy)
            return
        except _BrokenError as broken:
            fruitless = 0 if _size(part) > before else fruitless + 1
            if fruitless == ATTEMPTS:
                raise CorpusError(
                    f"{url}: {broken}; {_size(part)} bytes are kept, so call again later, or {remedy}"
                ) from broken
            time.sleep(WAIT_S * 2 ** (fruitless - 1) if fruitless else 0)


def _go_on(url: str, part: Path, most_bytes: int, remedy: str) -> None:
    """Ask for what is missing and append it; a server that knows no ranges sends all of it again."""
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                if _total(answer) != have:  # else all of it is there
                    part.unlink(missing_ok=True)
                    raise _BrokenError("what is here is longer than what the server has")
                return
            if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
                raise _BrokenError(f"the server answers {answer.status_code} {answer.reason}")
            if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
                raise CorpusError(f"{url}: the server answers {answer.status_code} {answer.reason}; {remedy}")
            _write(answer, part, have if _continues(answer, have) else 0, most_bytes, remedy)
    except requests.RequestException as error:
        raise _BrokenError(f"the connection fails ({type(error).__name__})") from error


def _write(answer: requests.Response, part: Path, start: int, most_bytes: int, remedy: str) -> None:
    """Write what comes behind the first `start` bytes of the file; blocks are written as they come."""
    total = start + int(answer.headers.get("Content-Length") or 0)
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with (
        part.open("r+b" if start else "wb") as file,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        file.seek(start)
        file.truncate()
        bar = progress.add_task(f"Fetching {part.stem}", total=total or None, completed=start)
        for block in answer.iter_content(_BLOCK):
            if file.tell() + len(block) > most_bytes:
                raise CorpusError(f"{answer.url}: more than {most_bytes} bytes, which is not the corpus; {remedy}")
            file.write(block)
            file.flush()
            progress.update(bar, advance=len(block))


def _continues(answer: requests.Response, have: int) -> bool:
    """Say whether the answer is the rest of the file, rather than all of it."""
    told = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return answer.status_code == requests.codes.partial_content and told is not None and int(told[1]) == have


def _total(answer: requests.Response) -> int | None:
    told = re.match(r"bytes \*/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(told[1]) if told else None


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
