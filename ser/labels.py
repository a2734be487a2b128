"""One spelling for each emotion, whatever a corpus calls it, and an order for any of them.

Letters and numbers that mean one emotion in one corpus and another in the next, as A for fear in EMO-DB and for anger
in MSP-Podcast, are no synonyms: the reader of each corpus knows its own, and a table of one's own renames them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from ser.errors import ConfigError
from ser.schema import EMOTIONS, OTHER, UNDECIDED

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "anger": (
        "angry",
        "ang",
        "rabbia",
        "rab",
        "wut",
        "ärger",
        "colère",
        "ira",
        "enojo",
        "生气",
        "愤怒",
        "злость",
        "гнев",
    ),
    "disgust": ("disgusted", "dis", "disgusto", "ekel", "dégoût", "asco", "厌恶", "отвращение"),
    "fear": ("fearful", "afraid", "scared", "fea", "paura", "pau", "angst", "peur", "miedo", "害怕", "恐惧", "страх"),
    "joy": (
        *("joyful", "happiness", "happy", "hap", "gioia", "gio", "felicità", "felicita", "freude", "joie"),
        *("alegría", "felicidad", "快乐", "高兴", "счастье", "радость"),
    ),
    "sadness": ("sad", "tristezza", "tri", "trauer", "traurig", "tristesse", "tristeza", "伤心", "悲伤", "грусть"),
    "surprise": (
        *("surprised", "sur", "ps", "pleasant surprise", "pleasant_surprise", "sorpresa", "sor", "überraschung"),
        *("惊喜", "惊讶", "удивление"),
    ),
    "neutrality": ("neutral", "neu", "neutro", "neutrale", "neutre", "中立", "中性", "нейтрально"),
    "boredom": ("bored", "boredem", "noia", "langeweile"),
    "calm": ("calmness", "calma", "ruhe"),
    "contempt": ("contemptuous", "disprezzo"),
    "excitement": ("excited", "exc", "excitedness"),
    "frustration": ("frustrated", "fru"),
    "amusement": ("amused",),
    "anxiety": ("anxious",),
    "apology": ("apologetic",),
    "assertiveness": ("assertive",),
    "concern": ("concerned",),
    "encouragement": ("encouraging",),
    "enthusiasm": ("enthusiastic",),
    "guilt": ("guilty", "colpa"),
    "sarcasm": ("sarcastic",),
    "sleepiness": ("sleepy",),
    "worry": ("worried",),
    OTHER: ("oth",),
    UNDECIDED: ("xxx", "no_agreement", "no agreement", "no-agreement"),
}
"""Emotion -> other words and codes for it that mean the same in every corpus seen."""
KNOWN: Final = {word: emotion for emotion, words in SYNONYMS.items() for word in (emotion, *words)}
_NAME: Final = re.compile(r"[\w .-]{1,60}")


def spelled(label: object) -> str:
    """Return a label in the one spelling; one that is not in `SYNONYMS` keeps its own, in lower case.

    >>> spelled("Happiness"), spelled(" NEUTRAL "), spelled("Schaden  freude")
    ('joy', 'neutrality', 'schaden freude')
    """
    word = plain(label)
    return KNOWN.get(word, word)


def plain(label: object) -> str:
    """Return a label in lower case, composed (NFC), with single blanks."""
    return " ".join(unicodedata.normalize("NFC", str(label)).lower().split())


def in_order(emotions: Iterable[str]) -> tuple[str, ...]:
    """Return emotions in the order of tables and pictures: the seven of the published study first, others by name.

    >>> in_order({"calm", "joy", "anger", "boredom"})
    ('anger', 'joy', 'boredom', 'calm')
    """
    return tuple(sorted(set(emotions), key=lambda emotion: (_RANK.get(emotion, len(_RANK)), emotion)))


_RANK: Final = {emotion: rank for rank, emotion in enumerate(EMOTIONS)}


def renaming(labels: Mapping[object, object], key: str) -> dict[str, str]:
    """Return what labels stand for: label in lower case -> emotion in the one spelling.

    Args:
        labels: as the configuration has them, e.g. `{"Excited": "joy", "calm": "neutral"}`.
        key: of the configuration, for messages.

    Raises:
        ConfigError: it is no mapping, a label was read as yes or no, or what it stands for cannot be a name.

    >>> renaming({"Excited": "happiness"}, "dataset.labels")
    {'excited': 'joy'}
    """
    if not isinstance(labels, Mapping):
        raise ConfigError(f"{key}: '{labels}' are no pairs; write them as {{<label>: <emotion>, ...}}")
    if truths := [label for label in labels if isinstance(label, bool)]:
        raise ConfigError(
            f"{key}: YAML reads yes, no, on and off without quotes as {truths[0]}; put the label into quotes"
        )
    renamed = {plain(label): spelled(emotion) for label, emotion in labels.items()}
    for label, emotion in renamed.items():
        if not is_name(emotion):
            raise ConfigError(f"{key}: '{label}' cannot become '{emotion}'; {NAME_RULE}")
    return renamed


NAME_RULE: Final = "an emotion is 1 to 60 letters, digits, blanks, and . _ -, since recall_<emotion> is a metric"


def is_name(emotion: str) -> bool:
    """Return whether an emotion can be part of the names of metrics and files."""
    return _NAME.fullmatch(emotion) is not None and "_as_" not in emotion
