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

_WORDS: Final = {
    "anger": (
        "angry, ang, rabbia, rab, arrabbiato, arrabbiata, collera, wut, wütend, ärger, zorn, colère, ira, enojo,"
        " enfado, raiva, 生气, 愤怒, злость, гнев"
    ),
    "disgust": (
        "disgusted, dis, disgusto, disgustato, disgustata, ekel, angeekelt, dégoût, dégoûté, asco, nojo,"
        " 厌恶, отвращение"
    ),
    "fear": (
        "fearful, afraid, scared, fea, paura, pau, impaurito, impaurita, angst, ängstlich, furcht, peur, miedo, medo,"
        " 害怕, 恐惧, страх"
    ),
    "joy": (
        "joyful, happiness, happy, hap, gioia, gio, gioioso, gioiosa, felicità, felice, allegria, freude, freudig,"
        " fröhlich, glücklich, joie, joyeux, joyeuse, bonheur, heureux, heureuse, alegría, alegre, felicidad, feliz,"
        " 快乐, 高兴, 开心, счастье, радость"
    ),
    "sadness": (
        "sad, tristezza, tri, triste, trauer, traurig, traurigkeit, tristesse, tristeza, 伤心, 悲伤, 难过, грусть,"
        " печаль"
    ),
    "surprise": (
        "surprised, sur, ps, pleasant surprise, pleasantly surprised, pleasant surprised, sorpresa, sor, sorpreso,"
        " überraschung, überrascht, surpris, surpresa, 惊喜, 惊讶, удивление"
    ),
    "neutrality": (
        "neutral, neu, neutro, neutra, neutrale, neutralità, neutralität, neutre, neutralité, neutralidad, 中立, 中性,"
        " нейтрально, нейтральный"
    ),
    "boredom": "bored, boredem, noia, annoiato, annoiata, langeweile, gelangweilt, ennui",
    "calm": "calmness, calma, calmo, ruhe, 平静",
    "contempt": "contemptuous, disprezzo, verachtung, mépris",
    "excitement": "excited, exc, excitedness",
    "frustration": "frustrated, fru",
    "amusement": "amused",
    "anxiety": "anxious",
    "apology": "apologetic",
    "assertiveness": "assertive",
    "concern": "concerned",
    "encouragement": "encouraging",
    "enthusiasm": "enthusiastic",
    "guilt": "guilty, colpa",
    "sarcasm": "sarcastic",
    "sleepiness": "sleepy",
    "worry": "worried",
    OTHER: "oth",
    UNDECIDED: "xxx, no agreement",
}
SYNONYMS: Final = {emotion: tuple(words.split(", ")) for emotion, words in _WORDS.items()}
"""Emotion -> other words and codes for it that mean the same in every corpus seen.

`other` and `undecided` are no emotions: a rater found none of those that were offered, and raters did not agree. Clips
with these labels are left out unless `dataset.emotions` names them.
"""
_APOSTROPHES: Final = "'`\u2019\u00b4"
_NAME: Final = re.compile(r"[\w .-]{1,60}")


def plain(label: object) -> str:
    """Return a label in lower case, composed (NFC), with single blanks."""
    return " ".join(unicodedata.normalize("NFC", str(label)).lower().split())


def spelled(label: object) -> str:
    """Return a label in the one spelling; one that is not in `SYNONYMS` keeps its own, in lower case.

    >>> spelled("Happiness"), spelled(" NEUTRAL "), spelled("felicita'"), spelled("Schaden  freude")
    ('joy', 'neutrality', 'joy', 'schaden freude')
    """
    return _EMOTION_OF.get(_bare(label), plain(label))


def is_known(label: object) -> bool:
    """Return whether a label is in `SYNONYMS`.

    >>> is_known("Dégoût"), is_known("schadenfreude")
    (True, False)
    """
    return _bare(label) in _EMOTION_OF


def _bare(label: object) -> str:
    """Return a label without what people leave out or write in several ways: accents, apostrophes, hyphens.

    >>> _bare("Felicità"), _bare("felicita'"), _bare("pleasant_surprise")
    ('felicita', 'felicita', 'pleasant surprise')
    """
    letters = unicodedata.normalize("NFD", plain(label))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter) and letter not in _APOSTROPHES)
    return " ".join(re.sub(r"[-_]", " ", kept).split())


_EMOTION_OF: Final = {_bare(word): emotion for emotion, words in SYNONYMS.items() for word in (emotion, *words)}


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
        ConfigError: it is no mapping, a word was read as yes, no or nothing, or what a label stands for is no name.

    >>> renaming({"Excited": "happiness"}, "dataset.labels")
    {'excited': 'joy'}
    """
    if not isinstance(labels, Mapping):
        raise ConfigError(f"{key}: '{labels}' are no pairs; write them as {{<label>: <emotion>, ...}}")
    if truths := [word for pair in labels.items() for word in pair if word is None or isinstance(word, bool)]:
        raise ConfigError(
            f"{key}: YAML reads yes, no, on, off and null without quotes as {truths[0]}; put the word into quotes"
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
