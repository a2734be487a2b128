"""JL-Corpus: two women and two men of New Zealand speak in five primary and five secondary emotions.

The labels are in the file name, `<speaker>_<emotion>_<sentence><a|b>_<take>.wav`; a .txt beside each holds its
sentence. Layout as described by its owners and by EmoBox; not tried on the corpus.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "jlcorpus"
LANGUAGE: Final = "en"
LICENCE: Final = "CC0-1.0"
CITATION: Final = (
    "J. James, L. Tian, C. Watson: An Open Source Emotional Speech Corpus for Human Robot Interaction Applications."
    " Interspeech 2018, https://doi.org/10.21437/Interspeech.2018-1349"
)
URL: Final = "https://www.kaggle.com/datasets/tli725/jl-corpus"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 2400
LAYOUT: Final = "**/*male[12]_*_*[ab]_[12].wav"

PRIMARY: Final = {"angry": "anger", "sad": "sadness", "neutral": "neutrality", "happy": "joy", "excited": "excitement"}
SECONDARY: Final = {
    "anxious": "anxiety",
    "apologetic": "apology",
    "assertive": "assertiveness",
    "concerned": "concern",
    "encouraging": "encouragement",
}
EMOTIONS: Final = PRIMARY | SECONDARY
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<speaker>(?P<gender>female|male)[12])_(?P<emotion>{'|'.join(EMOTIONS)})"
    r"_(?P<sentence>[1-9]|1[0-5])[ab]_[12]\.wav"
)
EXPECTED: Final = (
    "<speaker>_<emotion>_<sentence><a|b>_<1|2>.wav with speaker female1|female2|male1|male2, emotion"
    f" {'|'.join(EMOTIONS)} and sentence 1 to 15"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders; `set` tells primary from secondary emotions.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": name["gender"],
            "language": LANGUAGE,
            "text": _text(root / path),
            "set": "primary" if name["emotion"] in PRIMARY else "secondary",
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )


def _text(recording: Path) -> str:
    """Return the sentence in the file beside a recording, if there is one."""
    file = recording.with_suffix(".txt")
    return " ".join(file.read_text(encoding="utf-8", errors="replace").split()) if file.is_file() else ""
