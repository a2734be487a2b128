"""IEMOCAP: ten American actors in five sessions of two, who play scenes and improvise; several raters for each turn.

The labels are in `Session<n>/dialog/EmoEvaluation/<dialogue>.txt`, one line a turn, and so are valence, activation
and dominance from 1 to 5. The speaker of a turn is in the last part of its name, `Ses01M_impro01_F000`: the letter in
the first part says whose motion was captured. The label is the owners' consensus; the votes of the raters are kept too,
without the actors' ratings of themselves. The usual protocol has four emotions, excitement counted as joy, 5,531
clips, and leaves out one session after the other: `dataset=iemocap split=leave_one_group_out split.column=session`.
Layout as described by SpeechBrain, s3prl and EmoBox; not tried on the corpus.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.ratings import DIMENSION_RATINGS, ratings_to_text
from ser.corpora.table import read_text
from ser.errors import CorpusError
from ser.schema import DIMENSIONS, OTHER, UNDECIDED
from ser.votes import SEPARATOR, count, to_text

NAME: Final = "iemocap"
LANGUAGE: Final = "en"
LICENCE: Final = "academic licence, on request"
CITATION: Final = (
    "C. Busso et al.: IEMOCAP: interactive emotional dyadic motion capture database. Language Resources and Evaluation"
    " 42(4), 2008, https://doi.org/10.1007/s10579-008-9076-6"
)
URL: Final = "https://sail.usc.edu/iemocap/"
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = 10039
LAYOUT: Final = "Session[1-5]/dialog/EmoEvaluation/*.txt"
EXPECTED: Final = (
    "Session1 to Session5 with dialog/EmoEvaluation/<dialogue>.txt and sentences/wav/<dialogue>/<turn>.wav"
)

EMOTIONS: Final = {
    "ang": "anger",
    "hap": "joy",
    "sad": "sadness",
    "neu": "neutrality",
    "exc": "excitement",
    "fru": "frustration",
    "fea": "fear",
    "sur": "surprise",
    "dis": "disgust",
    "oth": OTHER,
    "xxx": UNDECIDED,
}
VOTES: Final = {"neutral": "neutrality", "neutral state": "neutrality", "happiness": "joy", "excited": "excitement"}
"""What raters call an emotion -> its label, where that is another word."""
GENDERS: Final = {"F": "female", "M": "male"}
STYLES: Final = {"impro": "improvised", "script": "scripted"}
_TURN: Final = re.compile(
    r"\[(?P<start>[\d.]+) - (?P<end>[\d.]+)\]\t(?P<turn>\S+)\t(?P<emotion>[a-z]{3})\t"
    r"\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), (?P<dominance>[\d.]+)\]"
)
_VOTE: Final = re.compile(r"^C-E\w*:\t(?P<rating>[^\t(]*)", re.MULTILINE)
_RATING: Final = re.compile(
    r"^A-E\w*:\s*val +(?P<valence>[\d.]*);\s*act +(?P<arousal>[\d.]*);\s*dom +(?P<dominance>[\d.]*);", re.MULTILINE
)
_NAME: Final = re.compile(
    r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<style>impro|script)\w*)_(?P<gender>[FM])(?:\d{3}|XX\d+)"
)
_TEXT: Final = re.compile(r"(?P<turn>\S+) \[[^\]]*\]: (?P<text>.*)")


def manifest(root: Path) -> pd.DataFrame:
    """Return one row per rated turn, with its `votes` and ratings, `session` and `style`, improvised or scripted.

    Raises:
        CorpusError: a file of labels cannot be read, or has a label or a name that is not the corpus's.
    """
    rows = [row for file in sorted(root.glob(LAYOUT)) if file.name[0] not in "._" for row in _turns(root, file)]
    twice = [turn for turn, count in Counter(row["path"] for row in rows).items() if count > 1]
    if twice:
        raise CorpusError(f"{root}: {len(twice)} turns have two labels ({twice[0]}); unpack the corpus again")
    return pd.DataFrame(rows)


def _turns(root: Path, file: Path) -> list[dict[str, str]]:
    """Return the turns of a dialogue."""
    session = file.relative_to(root).parts[0]
    texts = _texts(root / session / "dialog/transcriptions" / file.name)
    rows = []
    text = read_text(file)
    turns = list(_TURN.finditer(text))
    ends = [turn.start() for turn in turns[1:]] + [len(text)]
    for match, end in zip(turns, ends, strict=True):
        name = _NAME.fullmatch(match["turn"])
        if name is None or match["emotion"] not in EMOTIONS:
            raise CorpusError(
                f"{file}: '{match[0].strip()}' is no turn of IEMOCAP; labels are {', '.join(EMOTIONS)}, and turns are"
                " named as Ses01M_impro01_F000. Unpack the corpus again"
            )
        rows.append(
            {
                "path": f"{session}/sentences/wav/{name['dialogue']}/{match['turn']}.wav",
                "emotion": EMOTIONS[match["emotion"]],
                "speaker": f"Ses0{name['session']}{name['gender']}",
                "gender": GENDERS[name["gender"]],
                "language": LANGUAGE,
                "text": texts.get(match["turn"], ""),
                **{name: match[name] for name in ("arousal", "valence", "dominance")},
                "session": name["session"],
                "style": STYLES[name["style"]],
                "votes": _votes(text[match.end() : end]),
                DIMENSION_RATINGS: _ratings(text[match.end() : end]),
            }
        )
    return rows


def _votes(text: str) -> str:
    """Return the votes in the lines below a turn."""
    ratings = (vote["rating"].lower() for vote in _VOTE.finditer(text))
    labels = ([label.strip() for label in rating.split(SEPARATOR)] for rating in ratings)
    return to_text(count(SEPARATOR.join(VOTES.get(label, label) for label in rating) for rating in labels))


def _ratings(text: str) -> str:
    """Return the ratings of the dimensions in the lines below a turn; some raters left out one."""
    raters = list(_RATING.finditer(text))
    return ratings_to_text({name: [float(one[name]) for one in raters if one[name]] for name in DIMENSIONS})


def _texts(file: Path) -> dict[str, str]:
    """Return turn -> transcript; none where the file is not there."""
    if not file.is_file():
        return {}
    return {match["turn"]: match["text"].strip() for match in _TEXT.finditer(read_text(file))}
