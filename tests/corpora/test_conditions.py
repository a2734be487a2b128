"""Conditions on the columns of clips, held against `pandas.DataFrame.query` where that takes them."""

import pandas as pd
import pytest

from ser.corpora.conditions import LONGEST, fulfilled, require_condition
from ser.errors import ConfigError, CorpusError

CLIPS = pd.DataFrame(
    {
        "gender": ["female", "male", "female", "unknown"],
        "language": ["it", "it", "de", ""],
        "age": ["31", "", "7.5", "40"],
        "start_s": [0.0, 1.5, 2.0, 3.0],
        "room no": ["1", "2", "3", "1"],
    }
)
AS_PANDAS_HAS_THEM = CLIPS.assign(age=pd.to_numeric(CLIPS["age"]))


@pytest.mark.parametrize(
    "condition",
    [
        'gender == "female" and language == "it"',
        'gender != "female" or not language == "it"',
        "(gender == 'female') & ~(language == 'de') | (start_s >= 3)",
        "age > 30",
        "age != 31",
        "10 <= age < 40",
        "language in ['it', 'de']",
        "language not in ('it',)",
        "age in [31, 40]",
        "start_s == 1.5 or start_s > 2",
        "`room no` == '1'",
        "language == ''",
        "language in []",
    ],
)
def test_it_is_what_pandas_says(condition):
    expected = AS_PANDAS_HAS_THEM.query(condition).index.tolist()
    assert CLIPS.index[fulfilled(condition, CLIPS)].tolist() == expected
    assert require_condition(condition) == condition


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('true') == 0",
        "gender.str.len() == 4",
        "gender == @secret",
        "gender.__class__ == 'x'",
        "(lambda: 1)() == 1",
        "[gender for gender in language] == 'x'",
        "gender == f'{language}'",
        "age + 1 > 3",
        "age ** 9 > 3",
        "gender",
        "True",
        "gender == True",
        "gender is None",
        "1 == 1",
        "'a' in gender",
        "gender in 'female'",
        "gender == ['female']",
        "gender < 'g'",
        "gender == 'female'; language == 'it'",
        "gender = 'female'",
        "",
        "(" * 999,
        "not " * 400 + "age > 1 and",
        "age > 1 or " * LONGEST + "age > 1",
    ],
)
def test_what_is_no_condition_is_refused_and_nothing_is_run(condition):
    with pytest.raises(ConfigError):
        require_condition(condition)
    with pytest.raises(ConfigError):
        fulfilled(condition, CLIPS)


def test_columns_that_are_not_there_and_text_that_is_no_number():
    with pytest.raises(ConfigError, match="there is no column mood; there are gender, language, age"):
        fulfilled("mood == 'x'", CLIPS)
    with pytest.raises(ConfigError, match="column gender holds 'female', which is no number"):
        fulfilled("gender > 3", CLIPS)


@pytest.fixture
def table(touch):
    folder = touch("a.wav", "b.wav", "c.wav")
    rows = "a.wav,joy,s1,f,it,quiet\nb.wav,happy,s2,m,it,loud\nc.wav,fear,s3,f,de,\n"
    (folder / "clips.csv").write_text("file,emotion,speaker,gender,language,room\n" + rows)
    return folder / "clips.csv"


def test_clips_of_a_corpus_are_kept(table, read_as, caplog):
    caplog.set_level("INFO")
    corpus = read_as("manifest", None, table=table, keep='gender == "female" and language == "it"')
    assert corpus.clips["path"].tolist() == ["a.wav"]
    assert corpus.dropped == {"dataset.keep": 2}
    assert corpus.origins == (f"{table}, line 2",)
    assert "dataset.keep leaves out 2 of 3 clips" in caplog.text
    assert read_as("manifest", None, table=table, keep='emotion == "joy"').clips["path"].tolist() == ["a.wav", "b.wav"]
    assert read_as("manifest", None, table=table, keep='room == ""').clips["path"].tolist() == ["c.wav"]


def test_conditions_that_keep_nothing_or_name_no_column(table, read_as):
    with pytest.raises(CorpusError, match=r"dataset.keep=language == 'fr' holds for no clip"):
        read_as("manifest", None, table=table, keep="language == 'fr'")
    with pytest.raises(ConfigError, match=r"dataset.keep: corpus 'manifest' in .*: there is no column accent"):
        read_as("manifest", None, table=table, keep="accent == 'fr'")
