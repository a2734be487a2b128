"""EMO-DB, the Berlin database: ten German actors say ten sentences in seven emotions; small, free, much cited.

The labels are in the file name, `wav/<speaker><sentence><emotion><version>.wav`. It has boredom and no
surprise.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "emodb"
LANGUAGE: Final = "de"
LICENCE: Final = "CC0-1.0"
CITATION: Final = (
    "F. Burkhardt, A. Paeschke, M. Rolfes, W. F. Sendlmeier, B. Weiss: A Database of German Emotional Speech."
    " Interspeech 2005, https://doi.org/10.21437/Interspeech.2005-446"
)
URL: Final = "http://emodb.bilderbar.info/download/"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 535
LAYOUT: Final = "wav/*.wav"

EMOTIONS: Final = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "joy",
    "T": "sadness",
    "N": "neutrality",
}
GENDERS: Final = {
    "03": "male",
    "08": "female",
    "09": "female",
    "10": "male",
    "11": "male",
    "12": "male",
    "13": "female",
    "14": "female",
    "15": "male",
    "16": "female",
}
SENTENCES: Final = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_NAME: Final = re.compile(
    rf"wav/(?P<speaker>{'|'.join(GENDERS)})(?P<sentence>{'|'.join(SENTENCES)})(?P<emotion>{'|'.join(EMOTIONS)})[a-z]?\.wav"
)
EXPECTED: Final = (
    f"wav/<speaker><sentence><emotion><version>.wav with speaker {'|'.join(GENDERS)}, sentence {'|'.join(SENTENCES)},"
    f" emotion {'|'.join(EMOTIONS)} and at most one letter for the version"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in `wav`, including boredom.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": GENDERS[name["speaker"]],
            "language": LANGUAGE,
            "text": SENTENCES[name["sentence"]],
        }
        for path, name in match_names(root, LAYOUT, _NAME, EXPECTED).items()
    )
