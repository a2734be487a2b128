"""CASIA: Chinese actors say the same sentences in five emotions and neutrality.

The labels are in the path, `<actor>/<emotion>/<number>.wav`; the number is that of the sentence. The published sample
has four actors and fifty sentences, the full release 300 common sentences and 100 others. Genders are not stated in
the corpus. Layout as described by EmoBox; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "casia"
LANGUAGE: Final = "zh"
LICENCE: Final = None
CITATION: Final = "Institute of Automation, Chinese Academy of Sciences: CASIA Mandarin emotional speech corpus"
URL: Final = "http://www.chineseldc.org/"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 1200
LAYOUT: Final = "**/[Aa]ngry/[0-9]*.wav"

EMOTIONS: Final = {
    "angry": "anger",
    "fear": "fear",
    "happy": "joy",
    "neutral": "neutrality",
    "sad": "sadness",
    "surprise": "surprise",
}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<speaker>[^/]+)/(?P<emotion>{'|'.join(EMOTIONS)})/(?P<sentence>\d+)\.wav", re.IGNORECASE
)
EXPECTED: Final = f"<actor>/<emotion>/<number>.wav with emotion {'|'.join(EMOTIONS)}"


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the actors' folders; an actor's name is in lower case.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"].lower()],
            "speaker": name["speaker"].lower(),
            "gender": "unknown",
            "language": LANGUAGE,
            "sentence": name["sentence"],
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
