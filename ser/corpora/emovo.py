"""EMOVO: six Italian actors say fourteen sentences in seven emotions; the cross-corpus test set of the paper.

The labels are in the file name, `<actor>/<emotion>-<actor>-<sentence>.wav`.
"""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names

NAME: Final = "emovo"
LANGUAGE: Final = "it"
LICENCE: Final = "free for research, with acknowledgement"
CITATION: Final = (
    "G. Costantini, I. Iaderola, A. Paoloni, M. Todisco: EMOVO Corpus: an Italian Emotional Speech Database."
    " LREC 2014, https://aclanthology.org/L14-1478/"
)
URL: Final = "http://voice.fub.it/activities/corpora/emovo/index.html"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 588
LAYOUT: Final = "[fm][1-3]/*.wav"

EMOTIONS: Final = {
    "dis": "disgust",
    "gio": "joy",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
    "neu": "neutrality",
}
GENDERS: Final = {"f1": "female", "f2": "female", "f3": "female", "m1": "male", "m2": "male", "m3": "male"}
SENTENCES: Final = {
    "b1": "Gli operai si alzano presto.",
    "b2": "I vigili sono muniti di pistola.",
    "b3": "La cascata fa molto rumore.",
    "l1": "L'autunno prossimo Tony partirà per la Spagna nella prima metà di ottobre.",
    "l2": "Ora prendo la felpa di là ed esco per fare una passeggiata.",
    "l3": "Un attimo dopo s'è incamminato ... ed è inciampato.",  # as published: the dots are a pause
    "l4": "Vorrei il numero telefonico del Signor Piatti.",
    "n1": "La casa forte vuole col pane.",
    "n2": "La forza trova il passo e l'aglio rosso.",
    "n3": "Il gatto sta scorrendo nella pera.",
    "n4": "Insalata pastasciutta coscia d'agnello limoncello.",
    "n5": "Uno quarantatré dieci mille cinquantasette venti.",
    "d1": "Sabato sera cosa farà?",
    "d2": "Porti con te quella cosa?",
}
_NAME: Final = re.compile(
    rf"(?P<actor>{'|'.join(GENDERS)})/(?P<emotion>{'|'.join(EMOTIONS)})-(?P=actor)-(?P<sentence>{'|'.join(SENTENCES)})\.wav"
)
EXPECTED: Final = (
    f"<actor>/<emotion>-<actor>-<sentence>.wav with actor {'|'.join(GENDERS)}, emotion {'|'.join(EMOTIONS)}"
    f" and sentence {'|'.join(SENTENCES)}"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the actors' folders.

    Raises:
        CorpusError: there is no recording, or a file name does not match.
    """
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["actor"],
            "gender": GENDERS[name["actor"]],
            "language": LANGUAGE,
            "text": SENTENCES[name["sentence"]],
        }
        for path, name in match_names(root, "*/*.wav", _NAME, EXPECTED).items()
    )
