"""ShEMO: 3,000 clips of 87 Persian speakers from radio plays, in five emotions and neutrality.

The labels are in the file name, `<gender><speaker><emotion><number>.wav`. `shemo.json` of the owners names 162 clips
with another emotion than the recordings do, and then under another name; the recordings' names decide here, and the
table gives the transcripts. A clone without git-lfs holds pointers in place of the archives `male.zip` and
`female.zip`. Layout as described by its owners and by EmoBox; not tried on the corpus.
"""

import json
import re
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.names import match_names
from ser.errors import CorpusError

NAME: Final = "shemo"
LANGUAGE: Final = "fa"
LICENCE: Final = "free for academic use"
CITATION: Final = (
    "O. Mohamad Nezami, P. Jamshid Lou, M. Karami: ShEMO: a large-scale validated database for Persian speech emotion"
    " detection. Language Resources and Evaluation 53(1), 2019, https://doi.org/10.1007/s10579-018-9427-x"
)
URL: Final = "https://github.com/mansourehk/ShEMO"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 3000
LAYOUT: Final = "**/[FM][0-9][0-9][AFHNSW][0-9][0-9].wav"
TRANSCRIPTS: Final = "shemo.json"

EMOTIONS: Final = {
    "A": "anger",
    "F": "fear",
    "H": "joy",
    "N": "neutrality",
    "S": "sadness",
    "W": "surprise",
}
GENDERS: Final = {"F": "female", "M": "male"}
_NAME: Final = re.compile(
    rf"(?:.*/)?(?P<stem>(?P<speaker>(?P<gender>[FM])\d\d)(?P<emotion>{'|'.join(EMOTIONS)})\d\d)\.wav"
)
EXPECTED: Final = (
    f"<F|M><speaker><emotion><number>.wav with two digits for speaker and number and emotion {'|'.join(EMOTIONS)}"
)


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per recording in the folder and its subfolders.

    Raises:
        CorpusError: there is no recording, a file name does not match, or `shemo.json` cannot be read.
    """
    texts = _transcripts(root)
    return pd.DataFrame(
        {
            "path": path,
            "emotion": EMOTIONS[name["emotion"]],
            "speaker": name["speaker"],
            "gender": GENDERS[name["gender"]],
            "language": LANGUAGE,
            "text": texts.get(name["stem"], ""),
        }
        for path, name in match_names(root, "**/*.wav", _NAME, EXPECTED).items()
    )


def _transcripts(root: Path) -> dict[str, str]:
    """Return stem -> transcript; none where the table is not there."""
    table = next(iter(sorted(root.glob(f"**/{TRANSCRIPTS}"))), None)
    if table is None:
        return {}
    try:
        return {
            stem: str(clip["transcript"]) for stem, clip in json.loads(table.read_text(encoding="utf-8-sig")).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{table}: not ShEMO's table ({type(error).__name__}: {error}); fetch it again") from error
