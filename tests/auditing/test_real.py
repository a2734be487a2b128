"""The anomalies that are known of real corpora are found, by checks that know nothing of these corpora."""

from ser.audit import measure_corpus
from ser.auditing import labels, overlap, recordings
from ser.auditing.findings import MeasuredCorpus
from ser.corpora import read


def told(measured: MeasuredCorpus) -> dict[str, str]:
    checks = (*recordings.CHECKS, *labels.CHECKS)
    return {
        f"{one.severity} {one.check}": f"{one.message} {one.clips[:3]}" for check in checks for one in check(measured)
    }


def test_emovo_has_a_mono_file_and_channels_that_are_apart(real):
    findings = told(real("emovo", "EMOVO", every=8, also=("f1/rab-f1-b1.wav",)))
    assert "x 2, 1 x 1) ('f1/rab-f1-b1.wav',)" in findings["warning channels"]
    low, high = findings["warning channel offset"].split("offset by ")[1].split(" ms")[0].split(" to ")
    assert 0.2 < float(low) < 0.35
    assert 0.55 < float(high) < 0.7
    assert "comb-filtered speech (median -4." in findings["warning channel offset"]


def test_original_recordings_of_emovo_are_at_48_khz_and_are_those_at_16(real):
    original = real("emovo", "EMOVO-original")
    copies = real("emovo", "EMOVO", every=40, also=tuple(original.clips["path"]))
    findings = told(original)
    assert "all at 48000 Hz" in findings["note sampling rate"]
    assert "7 clips, where 588 are published" in findings["warning completeness"]
    [overlapping] = overlap.check_overlap([original, copies], {})
    assert set(overlapping.clips) == {f"{path} = {path}" for path in original.clips["path"]}


def test_emodb_is_scaled_to_full_scale_lacks_surprise_and_has_tables_in_latin_1(real):
    findings = told(real("emodb", "EMO-DB", every=10))
    assert "every clip was scaled to full scale" in findings["note clipping"]
    assert "none of surprise" in findings["note emotions"]
    assert "not in UTF-8: erkennung.txt" in findings["note folder"]


def test_headers_of_mp3_files_state_too_much(real_corpora, tmp_path):
    folder = real_corpora / "CommonVoice-it/clips"
    clips = [f"{path.name},neutrality,{path.stem}" for path in sorted(folder.glob("*.mp3"))[::5]]
    table = tmp_path / "clips.csv"
    table.write_text("\n".join(["path,emotion,speaker", *clips]))
    corpus = read("mine", reader="manifest", root=folder, channel=0, outside="drop", table=table)
    findings = told(measure_corpus(corpus))
    assert f"the headers of {len(clips)} state more than the files hold" in findings["note header"]
    assert "MP3" in findings["note header"]


def test_clips_of_ravdess_are_not_taken_for_one_another(real):
    """They share a rhythm and a long pause: by courses of loudness alone, 147 pairs would be one recording."""
    measured = real("ravdess", "RAVDESS")
    assert list(overlap.check_overlap([measured], {})) == []
