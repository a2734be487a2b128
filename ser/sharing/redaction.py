"""Text of this machine made fit to share: no absolute path, credential, token or user name is left in it."""

import getpass
import os
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any, Final

_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s]+@")
_SECRET: Final = r"(?:token|password|passwd|secret|api[_-]?key)"
_SECRETS: Final = re.compile(rf"({_SECRET}[\"']?\s*[=:]\s*)[^\s&,;\"']+", re.I)
_TOKENS: Final = re.compile(r"\b(?:hf_|ghp_|github_pat_|glpat-|sk-)[A-Za-z0-9_-]{16,}")
_SCHEMES: Final = re.compile(r"\b(?:file|sqlite):/+(?=/)")
_POSIX: Final = re.compile(r"(?<![\w.:/~*)-])/+(?:[^/\s:,;'\"()<>|]+/+)*([^/\s:,;'\"()<>|]+)/?")
_HOME: Final = re.compile(r"~[\w.-]*/(?:[^/\s:,;'\"()<>|]+/+)*([^/\s:,;'\"()<>|]+)/?")
_WINDOWS: Final = re.compile(r"\b[A-Za-z]:\\(?:[^\\\s:,;'\"()<>|]+\\+)*([^\\\s:,;'\"()<>|]*)\\?")
_OF_USER: Final = re.compile(r"/(?:home|Users)/[^/]+/?|[A-Za-z]:\\Users\\[^\\]+\\?|~[\w.-]+/?")
HIDDEN: Final = "<redacted>"


def redacted(value: Any, folders: Iterable[str] = ()) -> Any:
    """Return a value whose texts name no folder of this machine, at any depth of lists and mappings.

    Of an absolute path its last part is left, of a URI all but its credentials; tokens and passwords are replaced.

    Args:
        value: a text, a list or a mapping of values; anything else comes back as it is.
        folders: absolute paths that a text may name: those with spaces in them cannot be recognised.

    >>> redacted({"root": "/home/anna/EMOVO", "uri": "postgresql://anna:pw@db/x", "rate": 0.1, "page": "https://a.b/c"})
    {'root': 'EMOVO', 'uri': 'postgresql://db/x', 'rate': 0.1, 'page': 'https://a.b/c'}
    """
    if isinstance(value, str):
        return _redacted(value, _with_spaces(folders))
    if isinstance(value, dict):
        return {
            redacted(key, folders): HIDDEN
            if item and re.fullmatch(rf".*{_SECRET}", str(key), re.I)
            else redacted(item, folders)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(item, folders) for item in value]
    return value


def without_user(text: str) -> str:
    """Return a message without the names of the user and of the machine, where they are words of their own."""
    names = {getpass.getuser(), socket.gethostname(), Path.home().name} - {"", "root"}
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text)
    return text


def absolute_paths(value: Any) -> Iterator[str]:
    """Yield the texts that are absolute paths, at any depth of lists and mappings."""
    if isinstance(value, str) and is_absolute(value):
        yield value
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from absolute_paths(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from absolute_paths(item)


def is_absolute(text: str) -> bool:
    r"""Return whether a text is an absolute path of any system, or one below a home folder.

    >>> [is_absolute(text) for text in ("/a/b", "~anna/b", r"C:\a", "a/b", "n/a", "/")]
    [True, True, True, False, False, False]
    """
    return (
        (os.path.isabs(text) and text.strip("/") != "")
        or _HOME.fullmatch(text) is not None
        or (PureWindowsPath(text).drive != "" and PureWindowsPath(text).is_absolute())
    )


def _with_spaces(folders: Iterable[str]) -> list[str]:
    """Return the folders with spaces, and those that they lie in, the longest first."""
    paths = {str(path) for folder in folders for path in (Path(folder), *Path(folder).parents)}
    return sorted((path for path in paths if re.search(r"\s", path)), key=len, reverse=True)


def _redacted(text: str, folders: Iterable[str]) -> str:
    text = _TOKENS.sub(HIDDEN, _SECRETS.sub(rf"\1{HIDDEN}", _CREDENTIALS.sub("", text)))
    if is_absolute(text):
        return _last(text)
    for folder in folders:
        short = "/_/" + re.sub(r"\s", "_", _last(folder))
        text = re.sub(rf"{re.escape(folder)}(?=\W|$)", short, text)
    text = _SCHEMES.sub("", text)
    for pattern in (_HOME, _POSIX, _WINDOWS):
        text = pattern.sub(lambda match: _last(match[0]), text)
    return text


def _last(path: str) -> str:
    """Return the last part of a path; a home folder is called by its user, so it is "home"."""
    return "home" if _OF_USER.fullmatch(path) else re.split(r"[/\\]", path.rstrip("/\\"))[-1]
