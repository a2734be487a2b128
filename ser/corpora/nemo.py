"""nEMO: nine Polish actors say ninety sentences in six emotions; disgust is missing.

Labels are in one table, `data.tsv`, one row per recording; the recordings are in `samples/`.
"""

from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.table import genders, read_table

NAME: Final = "nemo"
LANGUAGE: Final = "pl"
LICENCE: Final = "CC BY-NC-SA 4.0"
CITATION: Final = (
    "I. Christop: nEMO: Dataset of Emotional Speech in Polish. LREC-COLING 2024, https://arxiv.org/abs/2404.06292"
)
URL: Final = "https://github.com/amu-cai/nEMO"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 4481
LAYOUT: Final = "data.tsv"
EXPECTED: Final = "data.tsv and samples/<file_id>.wav"

EMOTIONS: Final = {"happiness": "joy", "surprised": "surprise", "neutral": "neutrality"}


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording of `data.tsv`.

    Raises:
        CorpusError: the table cannot be read, lacks a column or holds a gender outside the vocabulary.
    """
    table = root / LAYOUT
    rows = read_table(table, ("file_id", "emotion", "speaker_id"), ("raw_text", "gender", "age"))
    return pd.DataFrame(
        {
            "path": "samples/" + rows["file_id"],
            "emotion": rows["emotion"].str.lower().replace(EMOTIONS),
            "speaker": rows["speaker_id"],
            "gender": genders(rows["gender"], table),
            "language": LANGUAGE,
            "text": rows["raw_text"],
            "age": rows["age"],
        }
    )
