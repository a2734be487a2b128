"""Corpora whose labels are in the names of the recordings: names that do not fit the pattern are reported."""

import re
from pathlib import Path, PurePosixPath

from ser.corpora.files import in_any_case, with_plain_suffix
from ser.errors import CorpusError


def match_names(root: Path, recordings: str, pattern: re.Pattern[str], expected: str) -> dict[str, re.Match[str]]:
    """Return the recordings under `root`, sorted, each with the match of its path; hidden files are skipped.

    Suffixes are matched in upper and lower case.

    Args:
        root: the corpus.
        recordings: where they lie, as a glob below `root`.
        pattern: what the whole path relative to `root` must match.
        expected: the pattern in words.

    Raises:
        CorpusError: there is no recording, one whose name does not match, which would be left out silently, or one
            that is there twice.
    """
    found = root.glob(in_any_case(recordings))
    paths = sorted(path.relative_to(root).as_posix() for path in found if path.name[0] != ".")
    if not paths:
        raise CorpusError(f"{root}: no recording {recordings} in this folder; it is no root of the corpus")
    matches = {path: match for path in paths if (match := pattern.fullmatch(with_plain_suffix(path)))}
    strange = [path for path in paths if path not in matches]
    if strange:
        raise CorpusError(
            f"{root}: {len(strange)} of {len(paths)} recordings have a name that is not the corpus's"
            f" ({', '.join(strange[:3])}); expected {expected}. Move what does not belong there elsewhere"
        )
    _require_once(root, matches)
    return matches


def _require_once(root: Path, matches: dict[str, re.Match[str]]) -> None:
    """Refuse copies: files of one name, one size and the same labels, as in a tree that was unpacked into itself."""
    first: dict[tuple, str] = {}
    copies = []
    for path, match in matches.items():
        key = (PurePosixPath(path).stem.casefold(), match.groups(), (root / path).stat().st_size)
        if first.setdefault(key, path) != path:
            copies.append((first[key], path))
    if copies:
        one, other = copies[0]
        raise CorpusError(
            f"{root}: {len(copies)} of {len(matches)} recordings are there twice ({one} and {other}); was the archive"
            " unpacked into its own folder, or twice? Remove one of the copies"
        )
