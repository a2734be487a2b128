"""The audit as it is called: what it prints, what it writes, with which code it leaves."""

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from ser.audit import AuditSettings, main
from ser.command import check
from ser.errors import ConfigError, UserError
from tests import commands


@pytest.fixture
def audit(compose, small_corpora: Path, tmp_path: Path):
    """Give a function that audits a dataset, and returns the code that it leaves with."""

    def call(*overrides: str, corpora: Path = small_corpora) -> int:
        places = f"corpora_dir={corpora}", f"output={tmp_path / 'audit'}"
        try:
            main(check(compose(*places, *overrides, entry_point="audit"), AuditSettings))
        except SystemExit as leaving:
            return int(leaving.code)
        return 0

    return call


class References(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in ("src", "href")]


def test_a_page_that_needs_no_other_file_and_tables(audit, tmp_path, capsys):
    code = audit("dataset=emovo")
    said = capsys.readouterr().out
    assert code == 0, said
    assert "warning: emovo, completeness: 84 clips, where 588 are published" in said
    page = (tmp_path / "audit/audit.html").read_text()
    references = References()
    references.feed(page)
    kinds = {re.split(r"[;,]", reference)[0] for reference in references.found if not reference.startswith("#")}
    assert kinds == {"data:image/svg+xml", "data:audio/mpeg"}
    clips = pd.read_csv(tmp_path / "audit/clips.csv")
    assert len(clips) == 84 + 140
    assert (clips["rate_hz"] == 16000).all()
    counts = pd.read_csv(tmp_path / "audit/counts.csv")
    assert counts["clips"].sum() == 84 + 140
    findings = pd.read_csv(tmp_path / "audit/findings.csv")
    assert list(findings.columns) == ["severity", "corpus", "check", "message", "clips", "examples"]
    assert findings["severity"].tolist() == sorted(findings["severity"], key=["error", "warning", "note"].index)


def test_recordings_stay_out_of_the_page_on_demand(audit, tmp_path):
    audit("dataset=emovo", "dataset.tests=[emovo]", "players=0")
    assert "<audio" not in (tmp_path / "audit/audit.html").read_text()


def test_the_code_tells_how_bad_it_is(audit, small_corpora, tmp_path, capsys):
    alone = "dataset=emovo", "dataset.tests=[emovo]"
    assert audit(*alone, "fail_on=warning") == 1
    shutil.copytree(small_corpora / "EMOVO", tmp_path / "corpora/EMOVO")
    (tmp_path / "corpora/EMOVO/f1/rab-f1-b1.wav").write_bytes(b"no sound")
    assert audit(*alone, corpora=tmp_path / "corpora") == 1
    assert re.search(
        r"error: emovo, broken: 1 cannot be used: .*rab-f1-b1.wav: cannot be decoded", capsys.readouterr().out
    )
    assert audit(*alone, "fail_on=never", corpora=tmp_path / "corpora") == 0


def test_nothing_of_the_corpus_is_changed(audit, small_corpora):
    before = {path: os.stat(path).st_mtime_ns for path in small_corpora.rglob("*")}
    audit("dataset=emovo", "dataset.tests=[emovo]")
    assert {path: os.stat(path).st_mtime_ns for path in small_corpora.rglob("*")} == before


def test_raters_of_a_table(audit, small_corpora, tmp_path, capsys):
    clips = sorted((small_corpora / "EMOVO").rglob("*.wav"))
    rows = ["path,rater,emotion,speaker"]
    for number, clip in enumerate(clips):
        emotions = ("joy", "joy", "fear") if number % 2 else ("anger", "anger", "anger")
        for rater, emotion in zip("abc", emotions, strict=True):
            rows.append(f"{clip.relative_to(small_corpora)},{rater},{emotion},{clip.parent.name}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    table = f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}"
    assert audit("dataset=manifest", table, f"dataset.corpora.manifest.root={small_corpora}", "fail_on=never") == 0
    assert "note: manifest, agreement: 252 votes on 84 clips, 0 without a majority" in capsys.readouterr().out
    agreement = pd.read_csv(tmp_path / "audit/agreement.csv")
    assert agreement["human_accuracy"].tolist() == pytest.approx([2 / 3])  # half the clips 1, half 1/3
    assert "Agreement of the raters" in (tmp_path / "audit/audit.html").read_text()


def test_a_table_of_the_user_is_refused_before_anything_is_measured(audit, tmp_path, monkeypatch):
    monkeypatch.setattr("ser.audit.measure_corpus", lambda _: pytest.fail("measured in vain"))
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit/clips.csv").write_text("mine")
    with pytest.raises(UserError, match=r"clips.csv is not known to be written by ser.audit.*output=<folder>"):
        audit("dataset=emovo")
    assert [path.read_text() for path in (tmp_path / "audit").iterdir()] == ["mine"]


def test_an_audit_replaces_the_last_one(audit, tmp_path):
    audit("dataset=emovo")
    (tmp_path / "audit/notes.txt").write_text("mine")
    audit("dataset=emovo", "dataset.tests=[emovo]", "players=0")
    assert not (tmp_path / "audit/corpus_emozionalmente.svg").exists()
    assert (tmp_path / "audit/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "a\\b"])
def test_the_name_of_a_corpus_leads_to_no_other_folder(audit, name):
    with pytest.raises(ConfigError, match="it is the name of one folder"):
        audit("dataset=emovo", f"dataset.tests=['{name}']")


def test_the_seed_of_the_split_is_set_as_for_training(small_corpora, tmp_path):
    line = "dataset=emovo", "dataset.tests=[emovo]", f"corpora_dir={small_corpora}", "players=0", "fail_on=never"
    said = {
        seed: commands.run("ser.audit", f"seed={seed}", *line, folder=tmp_path, environment=os.environ).stdout
        for seed in (0, 1, 4294967296)
    }
    assert all(said[seed].count("audit.html") == 1 for seed in (0, 1)), said
    assert said[4294967296] == ""
