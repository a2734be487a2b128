"""One spelling for each language, whatever a corpus calls it."""

import functools

import pandas as pd


def with_codes(clips: pd.DataFrame) -> pd.DataFrame:
    """Return a manifest whose languages, if it has any, are codes of ISO 639: `it`, also for `Italian` and `ita`."""
    if "language" not in clips:
        return clips
    return clips.assign(language=clips["language"].map(language_code, na_action="ignore"))


@functools.cache
def language_code(language: str) -> str:
    """Return the code of a language, of two letters where there is one; what is no language as it is.

    >>> language_code("italian"), language_code("deu"), language_code("Mandarin Chinese"), language_code("de-DE")
    ('it', 'de', 'cmn', 'de-DE')
    """
    from iso639 import Lang  # imported late, because most corpora say nothing of languages that are not codes
    from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

    for written in dict.fromkeys((language, language.lower(), language.title())):
        try:
            found = Lang(written)
        except (InvalidLanguageValue, DeprecatedLanguageValue):
            continue
        return str(found.pt1 or found.pt3)
    return language
