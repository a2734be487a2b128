"""Spell a text as it is spoken: lower case, numbers in words, no punctuation, nothing else changed.

What is left that is no letter of the alphabet was spoken too, and nobody knows how: a foreign letter, `%`, a sign of
currency. Such characters are left where they are, for `unknown` to find.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from ser.errors import ConfigError

Numbers = Literal["spell", "refuse"]

_APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u2018\u02bc\u02bb\u00b4`"), "'")
"""Signs that are written in the place of an apostrophe."""
_DOUBLED = re.compile("''+")
"""Two apostrophes are a quotation mark."""
_LONGEST_NUMBER = 12
"""Digits of a number that has a name; those of longer ones stay, and are unknown characters."""
_SPOKEN = frozenset("%&@#*\u00a7\u2030")
"""Punctuation to Unicode, but words to a speaker."""


def normalise(text: str, letters: str, language: str, numbers: Numbers) -> str:
    """Return the text in lower case with single blanks between words, without punctuation; letters keep their accents.

    Hyphens, slashes and apostrophes that the alphabet does not have part words. With `numbers="spell"` digits are
    spelled out as cardinal numbers by num2words, a decimal mark between digits is read, and a number that starts with a
    superfluous 0 digit by digit; otherwise they stay, and are unknown characters.

    Args:
        text: a sentence as it is written.
        letters: of the alphabet, the apostrophe among them where it is kept.
        language: of the numbers, ISO 639-1.
        numbers: what becomes of digits.

    Raises:
        ConfigError: numbers cannot be spelled in this language.

    >>> normalise("L'autunno \u201cprossimo\u201d, alle 3!", "abcdefghilmnopqrstuvz'", "it", "spell")
    "l'autunno prossimo alle tre"
    """
    text = unicodedata.normalize("NFC", text).lower().translate(_APOSTROPHES)
    text = "".join(character for character in text if unicodedata.category(character) != "Cf")  # soft hyphens, marks
    text = _DOUBLED.sub(" ", text)
    if numbers == "spell":
        text = _spell_numbers(text, language)
    kept = (character if character in letters or not _is_silent(character) else " " for character in text)
    return " ".join("".join(kept).split())


def unknown(text: str, letters: str) -> str:
    """Return the characters of a normalised text that are no letters of the alphabet, sorted, each once."""
    return "".join(sorted(set(text) - set(letters) - {" "}))


def without(text: str, characters: str) -> str:
    """Return a normalised text without some characters; nothing is put in their places."""
    return " ".join(text.translate(dict.fromkeys(map(ord, characters))).split())


def _is_silent(character: str) -> bool:
    kind = unicodedata.category(character)
    return (kind[0] in "PZ" and character not in _SPOKEN) or kind == "Cc"


def _spell_numbers(text: str, language: str) -> str:
    thousands, decimal = (",", r"\.") if language == "en" else (r"\.", ",")
    number = re.compile(rf"(\d{{1,3}}(?:{thousands}\d{{3}})+(?!\d)|\d+)(?:{decimal}(\d+))?")
    say = _speaker(language)

    def spelled(match: re.Match[str]) -> str:
        whole, fraction = re.sub(r"\D", "", match[1]), match[2]
        if fraction is None and len(whole) > 1 and whole.startswith("0"):
            return f" {' '.join(map(say, whole))} "
        return f" {say(f'{whole}.{fraction}' if fraction else whole)} "

    return number.sub(spelled, text)


def _speaker(language: str) -> Callable[[str], str]:
    from num2words import CONVERTER_CLASSES, num2words

    if language not in CONVERTER_CLASSES:
        raise ConfigError(
            f"text.numbers=spell: num2words does not know numbers in '{language}'; set text.numbers=refuse, and spell"
            " them out in the table"
        )

    def say(number: str) -> str:
        if len(number) > _LONGEST_NUMBER:
            return number
        return str(num2words(float(number) if "." in number else int(number), lang=language)).lower()

    return say
