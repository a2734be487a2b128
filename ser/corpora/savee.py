"""SAVEE, the Surrey corpus: four British men say fifteen sentences in each of seven emotions, neutrality twice as many.

The labels are in the file name, `AudioData/<speaker>/<emotion><sentence>.wav` in the original release, or
`<speaker>_<emotion><sentence>.wav` in common copies.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "savee"
LANGUAGE: Final = "en"
LICENCE: Final = "free for research, after registration"
CITATION: Final = "S. Haq, P. J. B. Jackson: Speaker-Dependent Audio-Visual Emotion Recognition. AVSP 2009, pp. 53-58"
URL: Final = "http://kahlan.eps.surrey.ac.uk/savee/Download.html"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 480
LAYOUT: Final = "**/*[asdfhun][0-3][0-9].wav"

EMOTIONS: Final = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "joy",
    "sa": "sadness",
    "su": "surprise",
    "n": "neutrality",
}
SPEAKERS: Final = ("DC", "JE", "JK", "KL")
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<speaker>{'|'.join(SPEAKERS)})[/_](?P<emotion>{'|'.join(EMOTIONS)})(?P<sentence>[0-3][0-9])\.wav"
)
EXPECTED: Final = (
    f"<speaker>/<emotion><sentence>.wav or <speaker>_<emotion><sentence>.wav with speaker {'|'.join(SPEAKERS)}, emotion"
    f" {'|'.join(EMOTIONS)} and two digits for the sentence"
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
            "gender": "male",
            "language": LANGUAGE,
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )
