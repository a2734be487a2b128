"""Databases as audEERING's own library writes them."""

import warnings
from pathlib import Path

import pytest

from ser.errors import ConfigError, CorpusError
from ser.schema import clip_names

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import audformat

LABELS = {"happiness": "joy"}


@pytest.fixture
def database(touch):
    """Give a function that writes a database of three recordings, one of them without emotion."""

    def write(storage_format: str = "parquet", **changed) -> Path:
        root = touch("wav/a.wav", "wav/b.wav", "wav/c.wav")
        files = ["wav/a.wav", "wav/b.wav", "wav/c.wav"]
        db = audformat.Database("mine", source="https://example.org", license="CC0-1.0", languages=["de"])
        db.meta["citation"] = "Us, 2026"
        db.schemes["emotion"] = audformat.Scheme(labels=["anger", "happiness"])
        people = {3: {"gender": "male", "age": 31}, 8: {"gender": "female", "age": 34}}
        db.schemes["speaker"] = audformat.Scheme(labels=changed.get("people", people))
        db.schemes["transcription"] = audformat.Scheme(labels={"a01": "Der Lappen."})
        index = changed.get("index", audformat.filewise_index(files[:2]))
        _column(db, "emotion", index, "emotion", changed.get("emotions", ["anger", "happiness"]))
        _column(db, "files", audformat.filewise_index(files), "speaker", changed.get("speakers", [3, 8, 8]))
        db["files"]["transcription"] = audformat.Column(scheme_id="transcription")
        db["files"]["transcription"].set(["a01", "a01", "a01"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            db.save(str(root), storage_format=storage_format)
        return root

    def _column(db, table: str, index, scheme: str, values: list) -> None:
        db[table] = audformat.Table(index)
        db[table][scheme] = audformat.Column(scheme_id=scheme)
        db[table][scheme].set(values)

    return write


@pytest.mark.parametrize("storage_format", ["csv", "parquet"])
def test_a_database_is_a_corpus(database, read_as, storage_format):
    corpus = read_as("audformat", database(storage_format), labels=LABELS, outside="refuse")
    assert corpus.clips.values.tolist() == [
        ["wav/a.wav", "anger", "3", "male", "de", "Der Lappen.", "31"],
        ["wav/b.wav", "joy", "8", "female", "de", "Der Lappen.", "34"],
    ]
    assert (corpus.terms.licence, corpus.terms.citation, corpus.terms.url) == (
        "CC0-1.0",
        "Us, 2026",
        "https://example.org",
    )


def test_what_is_not_known_is_not_made_up(database, read_as):
    clips = read_as("audformat", database(people=[3, 8]), labels=LABELS).clips
    assert clips["gender"].tolist() == ["unknown", "unknown"]
    assert clips["age"].tolist() == ["", ""]


def test_emotions_of_whole_files_may_stand_in_a_segmented_table(database, read_as):
    index = audformat.segmented_index(["wav/a.wav", "wav/b.wav"], [0, 0], [None, None])
    assert len(read_as("audformat", database(index=index), labels=LABELS).clips) == 2


def test_emotions_of_parts_are_clips(database, read_as):
    index = audformat.segmented_index(["wav/a.wav", "wav/a.wav", "wav/b.wav"], [0, "1.5s", 0], ["1s", None, None])
    clips = read_as("audformat", database(index=index, emotions=["anger", "happiness", "anger"]), labels=LABELS).clips
    assert clip_names(clips) == ["wav/a.wav [0-1 s]", "wav/a.wav [1.5-end s]", "wav/b.wav"]
    assert clips[["emotion", "speaker", "gender", "text"]].values.tolist() == [
        ["anger", "3", "male", "Der Lappen."],
        ["joy", "3", "male", "Der Lappen."],
        ["anger", "8", "female", "Der Lappen."],
    ]


def test_schemes_that_are_not_there(database, read_as):
    root = database()
    for option in ("emotion", "speaker"):
        with pytest.raises(ConfigError, match=rf"no scheme or label 'mood' .* emotion, .*speaker.* with '{option}'"):
            read_as("audformat", root, **{option: "mood"})


def test_a_recording_without_speaker(database, read_as):
    with pytest.raises(CorpusError, match=r"db.yaml: 1 recording\(s\) without speaker \(wav/b.wav\)"):
        read_as("audformat", database(speakers=[3, None, 8]), labels=LABELS)


@pytest.mark.parametrize("header", ["", ":", "name: x", "- 1\n- 2", "name: [a", "name: x\nschemes: 3\n"])
def test_a_header_that_is_none(database, read_as, header):
    root = database()
    (root / "db.yaml").write_text(header)
    with pytest.raises(CorpusError, match=r"db.yaml: not a header of audformat"):
        read_as("audformat", root)


def test_code_in_a_header_is_not_run(database, read_as, tmp_path):
    root = database()
    with (root / "db.yaml").open("a") as header:
        header.write(f"trap: !!python/object/apply:os.mkdir [{tmp_path / 'trap'}]\n")
    with pytest.raises(CorpusError, match=r"db.yaml: contains code, which was not run"):
        read_as("audformat", root)
    assert not (tmp_path / "trap").exists()


def test_pickled_tables_are_not_opened(database, read_as):
    with pytest.raises(CorpusError, match=r"db\.emotion\.pkl: a pickle may contain code, and was not opened; save the"):
        read_as("audformat", database("pkl"))


def test_tables_that_are_gone(database, read_as):
    root = database()
    (root / "db.emotion.parquet").unlink()
    with pytest.raises(CorpusError, match=r"db.yaml: its tables cannot be read .*fetch the database again"):
        read_as("audformat", root)
