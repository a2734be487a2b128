"""What a file is by its first bytes, whatever its name: for those that libsndfile does not read."""

from pathlib import Path
from typing import Final, NamedTuple

from ser.errors import CorpusError

HEAD: Final = 64
"""Bytes that are looked at."""
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""The beginning of what Git leaves of a large file that was not fetched."""


class Kind(NamedTuple):
    """A kind of recording that FFmpeg reads."""

    name: str
    """What messages call it."""
    demuxers: str
    """FFmpeg's names for it, separated by commas."""
    states_duration: bool = False
    """Whether its header states how long it lasts; where it does not, FFmpeg guesses."""


MPEG4: Final = Kind("MPEG-4", "mov", states_duration=True)
MATROSKA: Final = Kind("WebM", "matroska", states_duration=True)
_RECORDINGS: Final = (
    (0, b"\x1aE\xdf\xa3", MATROSKA),
    (0, b"#!AMR", Kind("AMR", "amr")),
    (0, b"ID3", Kind("AAC", "aac,mp3")),
    (0, bytes.fromhex("3026b2758e66cf11"), Kind("WMA", "asf")),
    (0, b"FLV\x01", Kind("FLV", "flv")),
    (0, b"OggS", Kind("OGG", "ogg")),
    (0, b"caff", Kind("CAF", "caf")),
    (8, b"AVI ", Kind("AVI", "avi")),
    (8, b"WAVE", Kind("WAV", "wav")),
    *((4, box, MPEG4) for box in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),
)
_OTHERS: Final = (
    (LFS_POINTER, "the pointer of Git LFS, not the recording; fetch it, in its clone: git lfs pull"),
    (b"<!doctype", "a web page, not the recording; fetch it again, with a login if its page asks for one"),
    (b"<html", "a web page, not the recording; fetch it again, with a login if its page asks for one"),
    (b"pk\x03\x04", "a zip archive; unpack it"),
    (b"\x1f\x8b", "a gzip archive; unpack it"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"rar!", "a RAR archive; unpack it"),
)


def kind_of(path: Path) -> Kind | None:
    """Return what kind of recording a file is; None for one that FFmpeg is not asked to read, or that nobody may read.

    Raises:
        CorpusError: it is empty, a pointer of Git LFS, a web page or an archive; with what to do.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    if not head:
        raise CorpusError(f"{path}: is empty (0 bytes); fetch it again, or leave it out")
    for prefix, what in _OTHERS:
        if head.lstrip().lower().startswith(prefix.lower()):
            raise CorpusError(f"{path}: is {what}")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # the syncword of ADTS
        return Kind("AAC", "aac")
    return next((kind for start, magic, kind in _RECORDINGS if head.startswith(magic, start)), None)
