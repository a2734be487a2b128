import doctest

import pytest

from ser.errors import ConfigError
from ser.text import normalisation
from ser.text.normalisation import normalise, unknown, without

ITALIAN = "abcdefghijklmnopqrstuvwxyzàèéìíîòóùú'"


def italian(text: str) -> str:
    return normalise(text, ITALIAN, "it", "spell")


def test_the_example_holds():
    assert doctest.testmod(normalisation).failed == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Gli operai si alzano presto.", "gli operai si alzano presto"),
        ("Un attimo dopo s'è incamminato ... ed è inciampato.", "un attimo dopo s'è incamminato ed è inciampato"),
        ("L\u2019AUTUNNO, PERCHÉ?", "l'autunno perché"),
        ("perche\u0301", "perché"),  # accents that are characters of their own
        ("un po' di cd-rom e/o dvd", "un po' di cd rom e o dvd"),
        ('"Il ""fratello maggiore"""', "il fratello maggiore"),
        ("''La Mafia''", "la mafia"),
        ("ac\u00adqua\u200b", "acqua"),
        ("  a \t b\n", "a b"),
        ("...", ""),
        ("", ""),
    ],
)
def test_punctuation_goes_and_letters_stay(written, said):
    assert italian(written) == said
    assert italian(said) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("43", "quarantatré"),
        ("nel 1943", "nel millenovecentoquarantatré"),
        ("1.234 persone", "milleduecentotrentaquattro persone"),
        ("3,5 metri", "tre virgola cinque metri"),
        ("alle 12:30", "alle dodici trenta"),
        ("agente 007", "agente zero zero sette"),
        ("mp3", "mp tre"),
        ("È il 3.", "è il tre"),
        ("1.2.3", "uno due tre"),
    ],
)
def test_numbers_are_spelled_out(written, said):
    assert italian(written) == said


def test_marks_of_numbers_are_those_of_the_language():
    letters = "abcdefghijklmnopqrstuvwxyzü'"
    assert normalise("1,234.5", letters, "en", "spell") == "one thousand two hundred and thirty four point five"
    assert normalise("1.234,5", letters, "de", "spell") == "eintausendzweihundertvierunddreißig komma fünf"


def test_numbers_may_be_left_for_who_refuses_them():
    assert unknown(normalise("nel 1943", ITALIAN, "it", "refuse"), ITALIAN) == "1349"


def test_number_without_a_name_is_unknown():
    assert unknown(italian("9" * 13), ITALIAN) == "9"
    assert unknown(italian("9" * 12), ITALIAN) == ""


def test_language_without_numbers_is_one_message():
    with pytest.raises(ConfigError, match=r"text.numbers=spell: num2words does not know numbers in 'xx'; set text"):
        normalise("3", ITALIAN, "xx", "spell")


@pytest.mark.parametrize(
    ("written", "found"), [("50%", "%"), ("20°", "°"), ("\u014dlelo", "\u014d"), ("3 €", "€"), ("ni\u00f1o & c", "&ñ")]
)
def test_what_is_spoken_but_no_letter_is_unknown(written, found):
    text = italian(written)
    assert unknown(text, ITALIAN) == found
    assert unknown(without(text, found), ITALIAN) == ""


def test_apostrophe_parts_words_where_the_alphabet_lacks_it():
    assert normalise("l'acqua", "abcdefghijklmnopqrstuvwxyz", "it", "spell") == "l acqua"


def test_removing_characters_leaves_single_blanks():
    assert without("a % b", "%") == "a b"
