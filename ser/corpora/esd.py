"""ESD: ten Mandarin and ten English speakers say 350 sentences each in four emotions and neutrality.

The labels are in the path, `<speaker>/<emotion>/<speaker>_<number>.wav`, in the release with folders `train`,
`evaluation` and `test` below the emotion; a table `<speaker>/<speaker>.txt` holds the sentences. The parts of the
owners have the same speakers. Layout as described by EmoBox and SpeechBrain; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "esd"
LANGUAGE: Final = "zh,en"
LICENCE: Final = "research only, after a licence form"
CITATION: Final = (
    "K. Zhou, B. Sisman, R. Liu, H. Li: Emotional voice conversion: Theory, databases and ESD. Speech Communication"
    " 137, 2022, https://doi.org/10.1016/j.specom.2021.11.006"
)
URL: Final = "https://github.com/HLTSingapore/Emotional-Speech-Data"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 35000
LAYOUT: Final = "**/00[0-2][0-9]/*/**/00[0-2][0-9]_*.wav"

EMOTIONS: Final = {
    "Angry": "anger",
    "Happy": "joy",
    "Neutral": "neutrality",
    "Sad": "sadness",
    "Surprise": "surprise",
}
PARTS: Final = {"train": "train", "evaluation": "validation", "test": "test"}
MEN: Final = ("0004", "0005", "0006", "0008", "0010", "0011", "0013", "0014", "0020")
UNCLEAR: Final = ("0012", "0019")
"""Speakers of whose gender descriptions of the corpus disagree."""
BLOCK: Final = 350
"""Sentences of an emotion: numbers 1 to 350 are neutral, 351 to 700 angry, and so on; each block says the same ones."""
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<speaker>00(?:0[1-9]|1\d|20))/(?P<emotion>{'|'.join(EMOTIONS)})/(?:(?P<part>{'|'.join(PARTS)})/)?"
    r"(?P<stem>(?P=speaker)_(?P<number>\d{6}))\.wav"
)
EXPECTED: Final = (
    f"<speaker>/<emotion>/<speaker>_<number>.wav, also below {'|'.join(PARTS)}, with speaker 0001 to 0020, emotion"
    f" {'|'.join(EMOTIONS)} and six digits for the number"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the speakers' folders; `split` is the owners' part where the release has parts.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    names = match_names(root, "**/*.wav", _NAME, EXPECTED)
    speakers = {name["speaker"] for name in names.values()}
    texts = {stem: text for speaker in sorted(speakers) for stem, text in _sentences(root, speaker).items()}
    clips = pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": _gender(name["speaker"]),
            "language": _language(name["speaker"]),
            "text": texts.get(name["stem"], ""),
            "sentence": f"{_language(name['speaker'])}-{(int(name['number']) - 1) % BLOCK + 1:03d}",
            "split": PARTS.get(name["part"], ""),
        }
        for path, name in names.items()
    )
    return clips if clips["split"].any() else clips.drop(columns="split")


def _language(speaker: str) -> str:
    return "zh" if speaker <= "0010" else "en"


def _gender(speaker: str) -> str:
    if speaker in UNCLEAR:
        return "unknown"
    return "male" if speaker in MEN else "female"


def _sentences(root: Path, speaker: str) -> dict[str, str]:
    """Return stem -> sentence from a speaker's table; none where it is not there."""
    table = next(iter(sorted(root.glob(f"**/{speaker}/{speaker}.txt"))), None)
    if table is None:
        return {}
    rows = (line.split("\t") for line in table.read_text(encoding="utf-8-sig", errors="replace").splitlines())
    return {row[0].strip(): row[1].strip() for row in rows if len(row) > 1}
