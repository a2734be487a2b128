import pandas as pd
import pytest

from ser.corpora.table import genders, read_table
from ser.errors import CorpusError


@pytest.fixture
def write(tmp_path):
    def call(content: str | bytes, name: str = "clips.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return call


@pytest.mark.parametrize("name", ["clips.csv", "clips.tsv", "CLIPS.TSV"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_dialects(write, name, newline, mark):
    rows = [("speaker", "note"), ("007", "NA"), ("1e3", "")]
    delimiter = "\t" if name.lower().endswith("tsv") else ","
    table = read_table(write(mark + newline.join(map(delimiter.join, rows)).encode(), name), ("speaker",), ("note",))
    assert table.to_dict("list") == {"speaker": ["007", "1e3"], "note": ["NA", ""]}


def test_quotes_blanks_and_line_numbers(write):
    table = read_table(write('a,b\n"x, ""y""",\n\n" two\nlines ", z \n'), ("a",))
    assert table["a"].to_dict() == {2: 'x, "y"', 5: "two\nlines"}
    assert table["b"].tolist() == ["", "z"]


def test_a_table_without_rows(write):
    assert read_table(write("a,b\n"), ("a",)).shape == (0, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"missing column\(s\) a; the first line names none"),
        ("a;b\n1;2\n", r"missing column\(s\) a; the first line names a;b\. Columns are parted by commas"),
        ("a,b,a\n1,2,3\n", "names a more than once"),
        ("a,b\n1,2\n1\n", "clips.csv, line 3: 1 cells where the first line names 2 columns"),
        ("a,b\n1,2,3\n", "line 2: 3 cells"),
        ('a,b\n1,2\n"1,2\n3,4\n', "line 4: unexpected end of data; check the quotes"),
        ("a,b\n1,2\n ,2\n3,2\n,2\n", r"column 'a' is empty in line\(s\) 3, 5; fill it in"),
        ("a\nperché\n".encode("latin-1"), "clips.csv, line 2: not UTF-8"),
        ("a\n1\n".encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_what_is_wrong_and_where(write, content, message):
    with pytest.raises(CorpusError, match=message):
        read_table(write(content), ("a",))


def test_other_kinds_of_file(write, tmp_path):
    with pytest.raises(CorpusError, match=r"clips.xlsx: a table is a .csv file \(commas\) or a .tsv file \(tabs\)"):
        read_table(write("a\n", "clips.xlsx"), ("a",))
    with pytest.raises(CorpusError, match=r"gone.csv: cannot read this table \(No such file"):
        read_table(tmp_path / "gone.csv", ("a",))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CorpusError, match=r"folder.csv: cannot read this table \(Is a directory"):
        read_table(tmp_path / "folder.csv", ("a",))


def test_genders(tmp_path):
    spelled = pd.Series(["F", "m", "Female", "MALE", "other", "", "unknown"], name="gender", dtype=str)
    assert genders(spelled, tmp_path).tolist() == ["female", "male", "female", "male", "other", "unknown", "unknown"]
    strange = pd.Series(["f", "x", "y"], index=[2, 3, 4], name="gender")
    with pytest.raises(
        CorpusError, match=r"gender 'x', 'y' in line\(s\) 3, 4; allowed are female, male, other, unknown"
    ):
        genders(strange, tmp_path)
