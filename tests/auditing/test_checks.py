"""Each check on a corpus with one fault, and all of them on one with none."""

import re

import numpy as np
import pytest

from ser.auditing import labels, overlap, recordings, splits
from ser.auditing.findings import Finding, MeasuredCorpus
from ser.settings import SplitSettings
from tests.audio.conftest import noise, voice

RATE = 16000
SPEAKER = SplitSettings(name="speaker")


def found(measured: MeasuredCorpus, *others: MeasuredCorpus) -> list[Finding]:
    corpora = (measured, *others)
    return [
        *(one for corpus in corpora for check in (*recordings.CHECKS, *labels.CHECKS) for one in check(corpus)),
        *overlap.check_overlap(corpora, {}),
    ]


def only(findings: list[Finding], check: str, severity: str) -> Finding:
    [finding] = [one for one in findings if (one.check, one.severity) == (check, severity)]
    return finding


def test_a_corpus_without_fault(made):
    assert {one.severity for one in found(made())} == {"note"}
    split, findings = splits.check_split(made(), SPEAKER, 0)
    assert set(split) == {"train", "validation", "test"}
    assert {one.severity for one in findings} == {"note"}


@pytest.mark.parametrize(
    ("changed", "check", "severity", "message"),
    [
        (b"no sound", "broken", "error", r"1 cannot be used: .*anna/joy.wav: cannot be decoded .*mine.leave_out"),
        (np.zeros(RATE), "silence", "warning", r"1 hold no sound; name them in dataset.corpora.mine.leave_out"),
        (noise(1.0, RATE, 1e-3), "silence", "note", r"1 are quieter than -50 LUFS"),
        (np.clip(9 * voice(1.0, RATE), -1, 1), "clipping", "warning", r"1 have 10 samples or more in flat tops"),
        (voice(0.3, RATE), "duration", "warning", r"1 last less than 0.5 s"),
        (voice(21, RATE), "duration", "warning", r"1 last more than 20 s"),
        ((voice(1.0, 8000), 8000), "sampling rate", "warning", r"several .* \(11 x 16000, 1 x 8000\)"),
        (np.stack([voice(1.0, RATE)] * 2, axis=1), "channels", "warning", r"\(11 x 1, 1 x 2\)"),
    ],
)
def test_a_recording_with_a_fault(made, changed, check, severity, message):
    finding = only(found(made({"anna/joy.wav": changed})), check, severity)
    assert finding.clips == ("anna/joy.wav",)
    assert re.search(message, finding.message)


def test_a_pause_at_an_end(made):
    clip = np.concatenate([noise(1.2, RATE, 1e-5), voice(1.0, RATE)])
    assert "1 begin or end with a pause" in only(found(made({"anna/joy.wav": clip})), "silence", "note").message


def test_an_offset_of_channels(made):
    speech = voice(1.0, RATE) + noise(1.0, RATE, 0.02)
    clip = np.stack([speech, np.roll(speech, 7)], axis=1)
    finding = only(found(made({"anna/joy.wav": clip})), "channel offset", "warning")
    assert "the channels of 1 of 1 are offset by 0.44 to 0.44 ms" in finding.message
    assert "channel 0 is used" in finding.message


def test_a_clip_that_is_there_twice(made):
    speech = voice(3.0, RATE)
    finding = only(found(made({"anna/joy.wav": speech, "anna/anger.wav": speech})), "duplicates", "error")
    assert finding.message.startswith(
        "1 pairs of clips are the same recording, 1 of them with another emotion or speaker"
    )
    assert finding.clips == ("anna/anger.wav = anna/joy.wav",)
    assert finding.recordings == (("mine", "anna/anger.wav"), ("mine", "anna/joy.wav"))
    rows = {"anna/again.wav": {"emotion": "joy", "speaker": "anna", "gender": "female"}}
    finding = only(found(made({"anna/joy.wav": speech, "anna/again.wav": speech}, rows)), "duplicates", "warning")
    assert finding.clips == ("anna/again.wav = anna/joy.wav",)


def test_a_clip_of_another_corpus_at_another_rate_and_level(made):
    speech = voice(3.0, 48000)
    mine, theirs = made({"anna/joy.wav": (speech, 48000)}), made({"dan/anger.wav": 0.2 * speech[::3]}, name="theirs")
    finding = only(found(mine, theirs), "overlap of corpora", "error")
    assert "anna/joy.wav = dan/anger.wav" in finding.clips


@pytest.mark.parametrize(
    ("rows", "check", "severity", "message"),
    [
        ({"anna/joy.wav": {"gender": "male"}}, "speakers", "error", "1 speaker(s) of several genders: anna"),
        ({"e/joy.wav": {"speaker": "eve"}}, "genders", "note", ""),
        ({f"{i}.wav": {"speaker": "eve"} for i in range(9)}, "emotions", "warning", "joy has 13 clips and anger 4"),
    ],
)
def test_labels_with_a_fault(made, rows, check, severity, message):
    measured = made(rows=rows)
    measured.clips.loc[measured.clips["speaker"] == "eve", "gender"] = "unknown"
    assert message in "; ".join(
        one.message for one in found(measured) if (one.check, one.severity) == (check, severity)
    )


def test_what_else_lies_in_the_folder(made):
    measured = made()
    (measured.corpus.root / "anna/unlabelled.wav").touch()
    (measured.corpus.root / "readme.txt").write_bytes("Gefühle".encode("latin-1"))
    findings = found(measured)
    assert only(findings, "folder", "warning").clips == ("anna/unlabelled.wav",)
    assert "not in UTF-8: readme.txt" in only(findings, "folder", "note").message


def test_speakers_on_both_sides_of_a_split(made, tmp_path):
    measured = made()
    lines = [
        f"{path},{'test' if path.endswith('joy.wav') and path[0] in 'ab' else 'train'}"
        for path in measured.clips["path"]
    ]
    (tmp_path / "split.csv").write_text("\n".join(["path,split", *lines]))
    chosen = SplitSettings(name="folds", file=tmp_path / "split.csv", fold=1, overlap="refuse")
    split, findings = splits.check_split(measured, chosen, 0)
    messages = {one.message for one in findings if one.severity == "error"}
    assert any(
        "speaker(s) are in train and in test" in message or "in validation and in test" in message
        for message in messages
    )
    assert any("test has no anger, sadness" in one.message for one in findings if one.severity == "warning")
    assert (split == "test").sum() == 2


def test_a_split_that_cannot_be(made):
    measured = made()
    measured.corpus.clips["speaker"] = "anna"
    split, [finding] = splits.check_split(measured, SPEAKER, 0)
    assert split is None
    assert finding.severity == "error"
    assert "need at least one each" in finding.message


def test_copies_of_one_recording_in_two_parts_of_a_split(made):
    speech = voice(1.0, RATE)
    measured = made({"anna/joy.wav": speech, "bea/joy.wav": speech})
    split = np.where(measured.clips["speaker"] == "anna", "train", "test")
    [finding] = overlap.check_overlap([measured], {"mine": split})
    assert "1 of them in two parts of the split" in finding.message
