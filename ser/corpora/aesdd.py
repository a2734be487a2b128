"""AESDD: Greek actors say twenty utterances in five emotions; there is no neutrality.

The labels are in the name, `<emotion>/<letter><utterance> (<speaker>).wav`; some names have a zero in front of the
speaker or a letter behind it. Genders are not published. Others leave out `sadness/s05 (3).wav`, which seems to be
unreadable. Layout as described by EmoBox and nkululeko; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "aesdd"
LANGUAGE: Final = "el"
LICENCE: Final = None
CITATION: Final = (
    "N. Vryzas, R. Kotsakis, A. Liatsou, C. Dimoulas, G. Kalliris: Speech Emotion Recognition for Performance"
    " Interaction. Journal of the Audio Engineering Society 66(6), 2018, https://doi.org/10.17743/jaes.2018.0036"
)
URL: Final = "https://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition/"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 605
LAYOUT: Final = "**/[adfhs][0-9][0-9] (*.wav"

EMOTIONS: Final = {"a": "anger", "d": "disgust", "f": "fear", "h": "joy", "s": "sadness"}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<emotion>{'|'.join(EMOTIONS)})(?P<utterance>[01]\d|20) ?\(0?(?P<speaker>[1-6])\)[a-z]?\.wav"
)
EXPECTED: Final = (
    f"<letter><utterance> (<speaker>).wav with letter {'|'.join(EMOTIONS)}, utterance 01 to 20 and speaker 1 to 6"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": "unknown",
            "language": LANGUAGE,
            "sentence": name["utterance"],
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
