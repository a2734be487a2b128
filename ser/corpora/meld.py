"""MELD: 13,708 utterances of the series Friends in six emotions and neutrality, cut from video.

The labels are in `train_sent_emo.csv`, `dev_sent_emo.csv` and `test_sent_emo.csv`, the clips in a folder for each
part, as `dia<dialogue>_utt<utterance>.mp4`; dialogues are counted anew in every part. The owners' parts are
`split=official`; the six leads speak in all of them, so it needs `split.overlap=warn`. Clips without a row are no
part of the corpus, and the rows whose clip the owners' archive lacks are left out. To read video takes the extra
`ser-grid[av]`. Layout as described by its owners and by EmoBox; not tried on the corpus.
"""

import logging
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.table import read_table
from ser.errors import CorpusError

NAME: Final = "meld"
LANGUAGE: Final = "en"
LICENCE: Final = "GPL-3.0; the clips are from a broadcast series"
CITATION: Final = (
    "S. Poria, D. Hazarika, N. Majumder, G. Naik, E. Cambria, R. Mihalcea: MELD: A Multimodal Multi-Party Dataset for"
    " Emotion Recognition in Conversations. ACL 2019, https://doi.org/10.18653/v1/P19-1050"
)
URL: Final = "https://affective-meld.github.io"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 13706
LAYOUT: Final = "**/train_sent_emo.csv"
EXPECTED: Final = (
    "{train,dev,test}_sent_emo.csv and the folders train_splits, dev_splits_complete, output_repeated_splits_test"
)

EMOTIONS: Final = {
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "joy",
    "neutral": "neutrality",
    "sadness": "sadness",
    "surprise": "surprise",
}
PARTS: Final = {
    "train": ("train", "train_splits"),
    "dev": ("validation", "dev_splits_complete"),
    "test": ("test", "output_repeated_splits_test"),
}
"""The owners' name of a part -> its name here, and the folder of its clips."""
LEADS: Final = {
    "Monica": "female",
    "Phoebe": "female",
    "Rachel": "female",
    "Chandler": "male",
    "Joey": "male",
    "Ross": "male",
}
"""Genders of the six leads, who have 11,415 of the turns; the tables hold none."""
MISSING: Final = frozenset({"train/dia125_utt3", "dev/dia110_utt7"})
"""Rows whose clip is broken or absent in the owners' archive."""

logger = logging.getLogger(__name__)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per utterance; `split` is the owners' part.

    Raises:
        CorpusError: a table or a folder of clips is missing, a table cannot be read, or has a label that is not the
            corpus's.
    """
    return pd.concat([_part(root, part) for part in PARTS], ignore_index=True)


def _part(root: Path, part: str) -> pd.DataFrame:
    name, clips = PARTS[part]
    table, folder = _only(root, f"{part}_sent_emo.csv"), _only(root, clips)
    rows = read_table(table, ("Speaker", "Emotion", "Dialogue_ID", "Utterance_ID"), ("Utterance", "Season", "Episode"))
    strange = rows.index[~rows["Emotion"].str.lower().isin([*EMOTIONS])]
    if len(strange):
        label = rows["Emotion"][strange[0]]
        raise CorpusError(f"{table}, line {strange[0]}: Emotion '{label}'; allowed are {', '.join(EMOTIONS)}")
    stems = "dia" + rows["Dialogue_ID"] + "_utt" + rows["Utterance_ID"]
    there = ~(part + "/" + stems).isin(MISSING)
    if not there.all():
        logger.info("%s: left out, broken or absent as published: %s", table, ", ".join(stems[~there]))
    rows, stems = rows[there], stems[there]
    speakers = rows["Speaker"].str.rstrip(".").str.strip()
    return pd.DataFrame(
        {
            "path": f"{folder.relative_to(root).as_posix()}/" + stems + ".mp4",
            "emotion": rows["Emotion"].str.lower().map(EMOTIONS),
            "speaker": speakers,
            "gender": speakers.map(LEADS).fillna("unknown"),
            "language": LANGUAGE,
            "text": rows["Utterance"],
            "sentiment": rows["Sentiment"].str.lower() if "Sentiment" in rows else "",
            "dialogue": part + rows["Dialogue_ID"],
            "split": name,
        }
    )


def _only(root: Path, name: str) -> Path:
    """Return the file or folder of this name, wherever the parts of the archive were unpacked."""
    found = sorted(root.glob(f"**/{name}"))
    if len(found) != 1:
        places = ", ".join(map(str, found[:3])) or "nowhere"
        raise CorpusError(f"{root}: {name} has to be there once, and is {places}; unpack the corpus again")
    return found[0]
