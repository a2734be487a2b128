"""Normalise transcripts: lower case, numbers in words, no punctuation, nothing else changed.

Other characters outside the alphabet, such as foreign letters, `%` or currency signs, were spoken in an unknown way.
They stay in the text, and `unknown` returns them.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from ser.errors import ConfigError

Numbers = Literal["spell", "refuse"]

_APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u2018\u02bc\u02bb\u00b4`"), "'")
"""Characters that are written instead of an apostrophe."""
_DOUBLED = re.compile("''+")
"""Two apostrophes in a row are a quotation mark."""
_LONGEST_NUMBER = 12
"""Digits of the longest number that is spelled out; longer ones stay, as unknown characters."""
_SPOKEN = frozenset("%&@#*\u00a7\u2030")
"""Punctuation in Unicode, but pronounced as words."""


def normalise(text: str, letters: str, language: str, numbers: Numbers) -> str:
    """Return the text in lower case, without punctuation, with single spaces between words; accents are kept.

    Hyphens, slashes, and apostrophes outside the alphabet separate words. With `numbers="spell"`, num2words spells
    digits as cardinal numbers, including decimals, and numbers with a leading 0 digit by digit; otherwise digits stay,
    as unknown characters.

    Args:
        text: a sentence.
        letters: letters of the alphabet, with the apostrophe where it is kept.
        language: language of the numbers, ISO 639-1.
        numbers: whether digits are spelled out.

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
    """Return the characters of a normalised text that are outside the alphabet, sorted, without repetition."""
    return "".join(sorted(set(text) - set(letters) - {" "}))


def without(text: str, characters: str) -> str:
    """Return a normalised text with some characters removed."""
    return " ".join(text.translate(dict.fromkeys(map(ord, characters))).split())


def _is_silent(character: str) -> bool:
    kind = unicodedata.category(character)
    return (kind[0] in "PZ" and character not in _SPOKEN) or kind == "Cc"


def _spell_numbers(text: str, language: str) -> str:
    thousands, decimal = (",", r"\.") if language == "en" else (r"\.", ",")
    number = re.compile(rf"(\d{{1,3}}(?:{thousands}\d{{3}})+(?!\d)|\d+)(?:{decimal}(\d+))?")
    spell = _speller(language)

    def spelled(match: re.Match[str]) -> str:
        whole, fraction = re.sub(r"\D", "", match[1]), match[2]
        if fraction is None and len(whole) > 1 and whole.startswith("0"):
            return f" {' '.join(map(spell, whole))} "
        return f" {spell(f'{whole}.{fraction}' if fraction else whole)} "

    return number.sub(spelled, text)


def _speller(language: str) -> Callable[[str], str]:
    from num2words import CONVERTER_CLASSES, num2words

    if language not in CONVERTER_CLASSES:
        raise ConfigError(
            f"text.numbers=spell: num2words does not know numbers in '{language}'; set text.numbers=refuse, and spell"
            " them out in the table"
        )

    def spell(number: str) -> str:
        if len(number) > _LONGEST_NUMBER:
            return number
        return str(num2words(float(number) if "." in number else int(number), lang=language)).lower()

    return spell
