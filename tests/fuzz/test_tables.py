"""Whatever stands in a table, the reader gives a corpus or one message; nothing else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser.corpora import manifest
from ser.errors import CorpusError
from ser.schema import GENDERS

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)

words = st.sampled_from(
    [
        "path",
        "emotion",
        "speaker",
        "gender",
        "joy",
        "a.wav",
        "../a",
        "/a",
        "x",
        "",
        " ",
        '"',
        '""',
        ",",
        "\t",
        "f",
        "NA",
    ]
)
cells = st.one_of(words, st.text(max_size=8))
lines = st.lists(cells, max_size=6).map(",".join)
tables = st.lists(lines, max_size=8).map("\n".join)
headed = tables.map(lambda rest: f"path,emotion,speaker,gender\n{rest}")


def read(folder: Path, content: bytes) -> None:
    """Read a table: what comes back fits its promises, what is refused is named."""
    table = folder / "clips.csv"
    table.write_bytes(content)
    try:
        rows = manifest.manifest(folder, table)
    except CorpusError as error:
        assert str(error).startswith(str(table))
        return
    assert list(rows.columns[:4]) == ["path", "emotion", "speaker", "gender"]
    assert set(rows["gender"]) <= set(GENDERS)
    assert not rows["path"].str.startswith(("/", "../")).any()
    assert not rows["path"].duplicated().any()
    assert (rows["speaker"] != "").all()


@pytest.mark.parametrize("strategy", [tables, headed], ids=["anything", "with a header"])
def test_any_text(tmp_path, strategy):
    @SHARED
    @given(strategy)
    def check(content: str) -> None:
        read(tmp_path, content.encode("utf-8", "surrogatepass"))

    check()


@SHARED
@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path, content):
    read(tmp_path, content)


@SHARED
@given(headed, st.sampled_from(["utf-8-sig", "utf-16", "utf-32", "cp1252"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_encoding_and_newline(tmp_path, content, encoding, newline):
    read(tmp_path, content.replace("\n", newline).encode(encoding, "replace"))


@SHARED
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12),
            st.sampled_from(["joy", "fear", "Anger"]),
            st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_by_the_rules_is_read_as_it_is(tmp_path, rows):
    """Quoted as RFC 4180 says, any name of a file and of a speaker comes back."""
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows]
    table = tmp_path / "clips.csv"
    table.write_text("\n".join(["path,emotion,speaker", *quoted]), encoding="utf-8")
    try:
        found = manifest.manifest(tmp_path, table)
    except CorpusError as error:
        assert any(reason in str(error) for reason in ("is empty", "outside the corpus", "is in line"))
        return
    assert found["speaker"].tolist() == [speaker.strip() for _, _, speaker in rows]
    assert found["emotion"].tolist() == [emotion for _, emotion, _ in rows]
