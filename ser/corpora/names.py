"""Corpora whose labels are in the names of the recordings: names that do not fit the pattern are reported."""

import re
from pathlib import Path

from ser.errors import CorpusError


def match_names(root: Path, recordings: str, pattern: re.Pattern[str], expected: str) -> dict[str, re.Match[str]]:
    """Return the recordings under `root`, sorted, each with the match of its path; hidden files are passed over.

    Args:
        root: the corpus.
        recordings: where they lie, as a glob below `root`.
        pattern: what the whole path relative to `root` must fit.
        expected: the pattern in words.

    Raises:
        CorpusError: there is no recording, or one whose name does not fit, which would be left out silently.
    """
    paths = sorted(path.relative_to(root).as_posix() for path in root.glob(recordings) if path.name[0] != ".")
    if not paths:
        raise CorpusError(f"{root}: no recording {recordings} in this folder; it is no root of the corpus")
    matches = {path: match for path in paths if (match := pattern.fullmatch(path))}
    strange = [path for path in paths if path not in matches]
    if strange:
        raise CorpusError(
            f"{root}: {len(strange)} of {len(paths)} recordings have a name that is not the corpus's"
            f" ({', '.join(strange[:3])}); expected {expected}. Move what does not belong there elsewhere"
        )
    return matches
