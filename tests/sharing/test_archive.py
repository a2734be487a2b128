"""An archive of a sweep: what is in it and what is not, made again elsewhere, and whatever a stranger puts into one."""

import csv
import io
import json
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from rocrate.rocrate import ROCrate

from ser import analyze, archive
from ser.errors import ArchiveError, ConfigError, UserError
from ser.sharing.zip_files import opened
from tests.sharing.conftest import (
    PRIVATE,
    analyze_settings,
    archive_settings,
    rewrite,
    write_cell,
)

CELL = "sweep/model=hubert,pretune=none,dataset=emodb,seed=0"


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_an_archive_has_scores_predictions_configurations_and_report(shared):
    names = set(contents(shared))
    assert {"archive.json", "README.md", "LICENCES.csv", "environment.txt", ".zenodo.json"} <= names
    assert {f"{CELL}/{name}" for name in ("result.json", "predictions_emovo.parquet", ".hydra/config.yaml")} <= names
    assert {"report/report.html", "report/scores.csv", "report/speaker_scores.csv", "report/claims.csv"} <= names
    assert not [name for name in names if name.endswith((".safetensors", ".log", ".wav", ".ckpt", "tracked.json"))]


def test_nothing_in_it_names_a_folder_a_user_or_a_secret(shared, sweep):
    for name, content in contents(shared).items():
        text = content.decode(errors="replace")
        if name.endswith(".parquet"):
            text = pd.read_parquet(io.BytesIO(content)).to_csv()
        assert not [word for word in PRIVATE if word in text], name
        assert not [word for word in PRIVATE if word in name]
        assert str(sweep.parent) not in text, name


def test_what_is_no_folder_stays(shared):
    result = json.loads(contents(shared)[f"{CELL}/result.json"])
    assert result["signature"] == "hubert-0"
    assert result["parameters"]["checkpoint"] == "hubert"
    assert result["corpora"]["emovo"]["url"] == "https://example.org/emovo"
    failure = json.loads(contents(shared)[f"{CELL[:-1]}4/failure.json"])
    assert failure["error"] == "ValueError: no file x.wav, nor y.wav"


def test_the_same_sweep_gives_the_same_bytes(shared, sweep, tmp_path):
    archive.main(archive_settings(sweep, output=tmp_path / "again.zip"))
    assert (tmp_path / "again.zip").read_bytes() == shared.read_bytes()
    with zipfile.ZipFile(shared) as opened:
        names = opened.namelist()
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == ["archive.json", *sorted(set(names) - {"archive.json"})]


def test_its_metadata_is_a_research_object_crate(shared, tmp_path):
    with zipfile.ZipFile(shared) as opened:
        opened.extractall(tmp_path / "crate")
    crate = ROCrate(tmp_path / "crate")
    root = crate.root_dataset
    assert crate.metadata["conformsTo"] == "https://w3id.org/ro/crate/1.1"
    assert root["datePublished"].startswith("2023-11-14")
    assert root["license"].id == "https://spdx.org/licenses/CC-BY-4.0"
    files = {entity["name"] for entity in crate.data_entities}
    assert files == set(contents(shared)) - {"ro-crate-metadata.json", "archive.json"}
    for entity in crate.data_entities:
        assert entity["contentSize"] == str((tmp_path / "crate" / entity["name"]).stat().st_size)
    assert {"emovo", "hubert", "wav2vec2"} <= {entity["name"] for entity in root["isBasedOn"]}
    zenodo = json.loads(contents(shared)[".zenodo.json"])
    assert zenodo["upload_type"] == "dataset"
    assert "A. Author: A corpus." in zenodo["references"]
    assert zenodo["related_identifiers"][0]["identifier"] == "https://example.org/emovo"


def test_creators_are_in_the_metadata(sweep, tmp_path):
    people = ({"name": "Rossi, Anna", "orcid": "0000-0002-1825-0097"},)
    archive.main(archive_settings(sweep, creators=people, output=tmp_path / "grid.zip"))
    members = contents(tmp_path / "grid.zip")
    assert json.loads(members[".zenodo.json"])["creators"] == list(people)
    assert '"https://orcid.org/0000-0002-1825-0097"' in members["ro-crate-metadata.json"].decode()


def test_every_table_is_made_again_bit_for_bit(shared, capsys):
    analyze.main(analyze_settings(shared))
    assert "every CSV file is that of the report in the archive, bit for bit" in capsys.readouterr().out
    report = shared.with_name("grid_report")
    tables = {name: content for name, content in contents(shared).items() if name.endswith(".csv")}
    assert {f"report/{path.name}" for path in report.glob("*.csv")} == tables.keys() - {"LICENCES.csv"}
    assert len(tables) > 20
    for path in report.glob("*.csv"):
        assert path.read_bytes() == tables[f"report/{path.name}"], path.name


def changed(content: bytes, row: int, column: str) -> bytes:
    """Change the number in a row, counted as a spreadsheet does, of a CSV file."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    position = rows[0].index(column)
    rows[row - 1][position] = repr(float(rows[row - 1][position]) + 0.001)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


@pytest.mark.parametrize("sealed", [False, True])
def test_a_changed_number_of_a_table_is_named(shared, capsys, sealed):
    rewrite(shared, {"report/cells.csv": lambda content: changed(content, 3, "mean")}, sealed)
    with pytest.raises(SystemExit, match="1"):
        analyze.main(analyze_settings(shared))
    out = capsys.readouterr().out
    assert "cells.csv, row 3, mean: " in out
    assert out.count(" in the archive, ") == 1
    assert ("report/cells.csv was changed after the archive was written" in out) is not sealed
    table = pd.read_csv(shared.with_name("grid_report") / "differences.csv")
    assert table[["file", "row", "column"]].values.tolist() == [["cells.csv", 3, "mean"]]


def test_a_forged_score_is_named(shared, capsys):
    def forge(content: bytes) -> bytes:
        result = json.loads(content)
        result["scores"][0]["value"] += 0.25
        return json.dumps(result).encode()

    rewrite(shared, {f"{CELL}/result.json": forge}, sealed=True)
    with pytest.raises(SystemExit, match="1"):
        analyze.main(analyze_settings(shared))
    table = pd.read_csv(shared.with_name("grid_report") / "differences.csv")
    [score] = table[table["file"] == "scores.csv"].to_dict("records")
    assert (score["row"], score["column"]) == (2, "value")


def test_a_forged_prediction_is_named(shared, capsys):
    def forge(content: bytes) -> bytes:
        table = pd.read_parquet(io.BytesIO(content))
        table.loc[0, "predicted"] = "joy" if table.loc[0, "predicted"] == "anger" else "anger"
        stream = io.BytesIO()
        table.to_parquet(stream, index=False)
        return stream.getvalue()

    rewrite(shared, {f"{CELL}/predictions_emovo.parquet": forge}, sealed=True)
    with pytest.raises(SystemExit, match="1"):
        analyze.main(analyze_settings(shared))
    table = pd.read_csv(shared.with_name("grid_report") / "differences.csv")
    assert "speaker_scores.csv" in set(table["file"])


@pytest.mark.parametrize("name", ["result.json", "predictions_emovo.parquet"])
def test_a_damaged_cell_is_named(shared, name):
    rewrite(shared, {f"{CELL}/{name}": lambda content: content.replace(b"0", b"1", 3)}, sealed=False)
    with pytest.raises(ArchiveError, match=rf"grid.zip: {CELL}/{name} .*changed or damaged"):
        analyze.main(analyze_settings(shared))


def test_other_choices_are_not_compared(shared, capsys, monkeypatch):
    monkeypatch.setattr(analyze, "_typed", lambda settings: {"margin": 0.05})
    analyze.main(analyze_settings(shared, margin=0.05))
    assert "not compared" in capsys.readouterr().out


def test_archives_are_one_of_the_sources(shared):
    with pytest.raises(ConfigError, match="not sweep and archive"):
        analyze.main(analyze_settings(shared, sweep="grid"))


def test_files_of_another_origin_are_not_replaced(shared, sweep, tmp_path):
    (tmp_path / "mine.zip").write_bytes(b"my thesis")
    with pytest.raises(ArchiveError, match=r"mine.zip is no archive of ser.archive; move it elsewhere"):
        archive.main(archive_settings(sweep, output=tmp_path / "mine.zip"))
    assert (tmp_path / "mine.zip").read_bytes() == b"my thesis"
    archive.main(archive_settings(sweep, output=shared))
    rewrite(shared, {"README.md": lambda content: content + b"my notes"}, sealed=False)
    with pytest.raises(ArchiveError, match=r"was changed since ser.archive wrote it \(README.md\)"):
        archive.main(archive_settings(sweep, output=shared))


def test_a_sweep_without_results(tmp_path):
    with pytest.raises(UserError, match="has no finished cell"):
        archive.main(archive_settings(tmp_path / "grid"))


def test_a_name_that_others_could_not_unpack(tmp_path, quick):
    write_cell(tmp_path / "grid", "hubert", 0, tests=("em?ovo",))
    write_cell(tmp_path / "grid", "wav2vec2", 0, tests=("em?ovo",))
    with pytest.raises(ArchiveError, match=r"grid.zip is not written, .* has a name that Windows refuses"):
        archive.main(archive_settings(tmp_path / "grid"))
    assert [path.name for path in tmp_path.iterdir()] == ["grid"]


def add(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as opened:
        for entry, content in entries:
            opened.writestr(entry, content)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HOSTILE = {
    "absolute path": ("/etc/cron.d/x", "would lie outside"),
    "path outside": ("sweep/../../x", "would lie outside"),
    "backslash": ("sweep\\..\\x", "would lie outside"),
    "drive": ("C:/x", "would lie outside"),
    "link": (link("sweep/x"), "is a link"),
    "C1 character": ("sweep/a\x9b/cell.json", "control character"),
    "line break": ("sweep/a\n/cell.json", "control character"),
    "direction": ("report/\u202egnp.exe.csv", "direction of writing"),
    "device": ("sweep/aux/cell.json", "Windows refuses"),
    "trailing dot": ("sweep/a./cell.json", "Windows refuses"),
    "duplicate": ("README.md", "duplicate"),
    "case": ("readme.MD", "duplicate"),
    "pickle": ("sweep/a/weights.pkl", "no file that an archive may have"),
    "program": ("ser.py", "no file that an archive may have"),
    "weights": ("sweep/a/weights.safetensors", "no file that an archive may have"),
    "added table": ("report/more.csv", "was added after"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_message(shared, name):
    entry, message = HOSTILE[name]
    add(shared, (entry, b"x"))
    before = set(shared.parents[1].rglob("*"))
    with pytest.raises(ArchiveError, match=message) as raised:
        analyze.main(analyze_settings(shared))
    assert str(raised.value).startswith(str(shared))
    assert "\n" not in str(raised.value)
    assert "\x9b" not in str(raised.value)
    assert set(shared.parents[1].rglob("*")) == before


def test_a_zip_bomb_is_refused(shared):
    add(shared, ("report/zeros.csv", bytes(1 << 29)))
    with pytest.raises(ArchiveError, match="bytes are allowed"):
        analyze.main(analyze_settings(shared))


def test_an_archive_of_another_kind(tmp_path):
    (tmp_path / "page.zip").write_text("<html>")
    with pytest.raises(ArchiveError, match="no zip file, or a damaged one"), opened(tmp_path / "page.zip"):
        pass
    add(tmp_path / "other.zip", ("README.md", b"x"))
    with pytest.raises(ArchiveError, match=r"no archive.json in it"), opened(tmp_path / "other.zip"):
        pass
    with pytest.raises(ArchiveError, match="there is no archive"), opened(tmp_path / "none.zip"):
        pass


def test_a_member_that_was_removed(shared):
    members = contents(shared)
    del members[f"{CELL}/result.json"]
    with zipfile.ZipFile(shared, "w") as opened_file:
        for name, content in members.items():
            opened_file.writestr(name, content)
    with pytest.raises(ArchiveError, match=f"{CELL}/result.json' is missing"):
        analyze.main(analyze_settings(shared))


def test_a_manifest_that_names_what_no_archive_has(shared):
    members = contents(shared)
    record = json.loads(members["archive.json"])
    del record["checksum"], record["format"]
    record["files"]["../x"] = "0"
    members["archive.json"] = json.dumps(record).encode()
    with zipfile.ZipFile(shared, "w") as opened_file:
        for name, content in members.items():
            opened_file.writestr(name, content)
    with pytest.raises(ArchiveError, match=r"'../x' is no file of an archive"):
        analyze.main(analyze_settings(shared))
