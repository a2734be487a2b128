"""Common Voice: sentences read by volunteers in more than a hundred languages; transcribed speech without emotions.

A release has one folder per language: MP3 files in `clips`, and tables with one row per clip.
"""

from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.table import read_table

NAME: Final = "commonvoice"
LANGUAGE: Final = None  # in the column `locale`
LICENCE: Final = "CC0-1.0"
CITATION: Final = (
    "R. Ardila, M. Branson, K. Davis, M. Kohler, J. Meyer, M. Henretty, R. Morais, L. Saunders, F. Tyers, G. Weber:"
    " Common Voice: A Massively-Multilingual Speech Corpus. LREC 2020, https://aclanthology.org/2020.lrec-1.520/"
)
URL: Final = "https://commonvoice.mozilla.org/datasets"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = None
LAYOUT: Final = "clips"
EXPECTED: Final = "the folder of a language as it is published: clips and the tables that name them"

_GENDERS: Final = {
    "male": "male",
    "male_masculine": "male",
    "female": "female",
    "female_feminine": "female",
    "": "unknown",
    "do_not_wish_to_say": "unknown",
}


def transcripts(root: Path, part: str = "validated") -> pd.DataFrame:
    """Return the rows of one of the release's tables.

    Quotation marks are plain characters: releases quote in several ways.

    Args:
        root: the folder of a language.
        part: which table: `validated`, `train`, `dev`, `test`, `other`.

    Raises:
        CorpusError: the table cannot be read, or lacks a column; the message names it.
    """
    rows = read_table(
        root / f"{part}.tsv", ("client_id", "path"), ("sentence", "gender", "age", "locale"), quotes=False
    )
    return pd.DataFrame(
        {
            "path": f"{LAYOUT}/" + rows["path"],
            "speaker": rows["client_id"],
            "gender": rows["gender"].str.lower().map(_GENDERS).fillna("other"),
            "language": rows["locale"],
            "text": rows["sentence"],
            "age": rows["age"],
        }
    )
