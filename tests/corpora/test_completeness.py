"""No clip of a corpus vanishes, or is there twice, without a word."""

import logging
import shutil
import unicodedata

import pytest

from ser.audit import measure_corpus
from ser.auditing import labels
from ser.corpora import emovo, transcribed
from ser.corpora.files import recordings_in
from ser.errors import CorpusError


def every_clip() -> list[str]:
    return [
        f"{actor}/{emotion}-{actor}-{sentence}.wav"
        for actor in emovo.GENDERS
        for emotion in emovo.EMOTIONS
        for sentence in emovo.SENTENCES
    ]


def test_suffixes_in_upper_case_are_read(read_as, touch, caplog):
    paths = [path.replace(".wav", ".WAV") if path.startswith("f1") else path for path in every_clip()]
    corpus = read_as("emovo", touch(*paths))
    assert sorted(corpus.clips["path"]) == sorted(paths)
    assert corpus.notes == ()
    assert caplog.text == ""


def test_a_corpus_of_upper_case_alone_has_its_root(read_as, touch):
    assert len(read_as("emodb", touch("wav/03a01Fa.WAV", "wav/08a01Wb.Wav")).clips) == 2


def test_emodb_whose_files_were_renamed_is_whole(read_as, real_corpora, tmp_path):
    """107 of its 535 clips are of two speakers, who were gone."""
    shutil.copytree(real_corpora / "EMO-DB", tmp_path / "EMO-DB")
    for path in [*(tmp_path / "EMO-DB/wav").glob("03*.wav"), *(tmp_path / "EMO-DB/wav").glob("08*.wav")]:
        path.rename(path.with_suffix(".WAV"))
    corpus = read_as("emodb", tmp_path / "EMO-DB")
    assert (len(corpus.clips), corpus.clips["speaker"].nunique(), corpus.notes) == (535, 10, ())


@pytest.mark.parametrize(
    ("reader", "paths"),
    [
        ("tess", ["OAF_angry/OAF_back_angry.wav", "TESS/OAF_angry/OAF_back_angry.wav"]),
        ("savee", ["DC/a01.wav", "AudioData/DC/a01.wav"]),
        ("cafe", ["C/01-C-1-1.wav", "CaFE/C/01-C-1-1.WAV"]),
    ],
)
def test_a_tree_that_was_unpacked_into_itself_is_refused(read_as, touch, reader, paths):
    with pytest.raises(CorpusError, match=r"1 of 2 recordings are there twice \(.* and .*\); was the archive unpacked"):
        read_as(reader, touch(*paths))


def test_one_name_in_two_folders_is_two_clips_where_its_labels_differ(read_as, touch):
    assert len(read_as("savee", touch("DC/a01.wav", "JE/a01.wav")).clips) == 2


def test_what_is_not_read_is_named_and_counted(read_as, touch, caplog):
    surplus = [f"EMOVO/f1/gio-f1-b{number}.flac" for number in (1, 2, 3)] + ["loose.MP3"]
    corpus = read_as("emovo", touch(*every_clip(), *surplus, ".hidden.wav", "readme.pdf"))
    [note] = corpus.notes
    shown = "loose.MP3, EMOVO/f1/gio-f1-b1.flac, EMOVO/f1/gio-f1-b2.flac and 1 more"
    assert note == f"4 recordings in its folder are not read: {shown}"
    assert note in caplog.text


def test_a_corpus_that_is_not_the_published_one_says_so(read_as, touch, caplog):
    corpus = read_as("emovo", touch(*every_clip()[:7]))
    assert corpus.notes == ("7 clips, where 588 are published: is it a part, or another version?",)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_nothing_is_said_of_a_table_of_your_own(read_as, touch):
    table = touch("a.wav", "b.wav") / "clips.csv"
    table.write_text("path,emotion,speaker\na.wav,joy,anna\n")
    assert read_as("manifest", None, table=table).notes == ()


ZOE = "Zoë"
SPELLINGS = ["Anna", "anna", "ANNA", ZOE, unicodedata.normalize("NFD", ZOE), "s 1", "s  1", "s1"]


def test_spellings_of_a_speaker_are_one_speaker_for_training_and_audit(read_as, touch, caplog):
    table = touch(*(f"{row}.wav" for row in range(len(SPELLINGS)))) / "clips.csv"
    rows = [f"{row}.wav,joy,{name},ciao" for row, name in enumerate(SPELLINGS)]
    table.write_text("\n".join(["path,emotion,speaker,text", *rows]), encoding="utf-8")
    corpus = read_as("manifest", None, table=table)
    assert corpus.clips["speaker"].nunique() == 4
    assert corpus.clips["speaker"][:3].nunique() == 1
    [note] = corpus.notes
    assert note.startswith("3 speaker(s) are written in several ways, and are one each: ANNA = Anna = anna")
    assert r"'Zo\xeb'" in note
    assert note in caplog.text
    findings = {one.message: one.severity for one in labels.completeness(measure_corpus(corpus))}
    assert findings == {note: "warning"}
    assert not [one for one in labels.speakers(measure_corpus(corpus)) if one.severity == "error"]
    spoken = transcribed.read_transcribed("mine", reader="manifest", root=None, channel=0, table=table)
    assert spoken.clips["speaker"].nunique() == 4
    assert spoken.notes == corpus.notes


def test_an_archive_is_no_root(read_as, touch):
    with pytest.raises(CorpusError, match=r"EMOVO.zip is a file; unpack it, and set dataset.corpora.emovo.root="):
        read_as("emovo", touch("EMOVO.zip") / "EMOVO.zip")


@pytest.mark.parametrize(
    ("on_disk", "path", "reason"),
    [
        (unicodedata.normalize("NFD", "città.wav"), "città.wav", "its accents are in another Unicode form; rename"),
        ("A.WAV", "a.wav", "upper and lower case differ; rename"),
        ("wav/a.wav", "wav\\a.wav", "folders are separated by /, also on Windows"),
    ],
)
def test_why_a_recording_is_absent(read_as, touch, on_disk, path, reason):
    table = touch(on_disk) / "clips.csv"
    table.write_text(f"path,emotion,speaker\n{path},joy,anna\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"1 of 1 recordings are not there \(.*\) \(.*{reason}"):
        read_as("manifest", None, table=table)


def test_recordings_are_known_by_their_suffix(touch):
    assert recordings_in(touch("b.WAV", "a/c.m4a", ".d.wav", ".e/f.wav", "g.txt")) == ["b.WAV", "a/c.m4a"]
