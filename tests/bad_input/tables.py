"""Tables of labels that people have, read as a corpus of their own."""

import functools
from pathlib import Path

from ser.corpora import read
from tests.bad_input.case import Case, Policy

HEADER = "path,emotion,speaker,gender"
PARTS = "path,emotion,speaker,start,end"
GOOD = "a.wav,joy,s1,f\nb.wav,anger,s2,m\n"
MILLION = 1_000_000


def use(content: bytes, outside: str, name: str, folder: Path) -> str:
    """Read a table of clips that are there, and say what became of it."""
    for path in ("a.wav", "b.wav", "città uno.wav", 'c"d.wav'):
        (folder / path).touch()
    (folder / name).write_bytes(content)
    corpus = read("mine", reader="manifest", root=None, channel=0, outside=outside, table=folder / name)  # type: ignore[arg-type]
    dropped = f", left out and counted: {corpus.dropped}" if corpus.dropped else ""
    return f"{len(corpus.clips)} clips of {corpus.clips['speaker'].nunique()} speakers{dropped}"


def _case(
    what: str, policy: Policy, content: str | bytes, outside: str = "refuse", name: str = "clips.csv", names: str = ""
) -> Case:
    data = content if isinstance(content, bytes) else content.encode()
    return Case("table", what, policy, functools.partial(use, data, outside, name), names or name)


def _rows(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


ROWS = GOOD.splitlines()
RATED = _rows(
    "a.wav,joy,s1,r1", "b.wav,joy,s2,r1", "a.wav,joy,s1,r2", "b.wav,anger,s2,r2", header="path,emotion,speaker,rater"
)
CASES = [
    _case("empty", "refused", ""),
    _case("header alone", "refused", _rows(), names="mine"),
    _case("missing column", "refused", _rows("a.wav,s1", header="path,speaker")),
    _case("parts of recordings", "taken", _rows("a.wav,joy,s1,0,0.5", "a.wav,fear,s1,0.5,", header=PARTS)),
    _case("part that ends before it begins", "refused", _rows("a.wav,joy,s1,2,1", header=PARTS)),
    _case("part with a negative time", "refused", _rows("a.wav,joy,s1,-1,1", header=PARTS)),
    _case("part with a comma in its time", "refused", _rows('a.wav,joy,s1,"0,5",1', header=PARTS)),
    _case("the same part twice", "refused", _rows("a.wav,joy,s1,1,2", "a.wav,fear,s1,1.0,2.0", header=PARTS)),
    _case("duplicate column", "refused", _rows("a.wav,joy,s1,s2", header="path,emotion,speaker,speaker")),
    _case("semicolons", "refused", _rows(*ROWS).replace(",", ";")),
    _case("row that is too short", "refused", _rows(*ROWS, "a.wav,joy")),
    _case("row that is too long", "refused", _rows(*ROWS, "a.wav,joy,s1,f,good")),
    _case("two raters who agree, two who do not", "dropped", RATED),
    _case("rater who is not named", "refused", RATED + "a.wav,joy,s1,\n"),
    _case("rater who rates a clip twice", "refused", RATED + "a.wav,joy,s1,r1\n"),
    _case("ratings that disagree on the speaker", "refused", RATED + "a.wav,joy,s2,r3\n"),
    _case("duplicate row", "refused", _rows(*ROWS, ROWS[0])),
    _case("duplicate clip, its path spelled differently", "refused", _rows(*ROWS, "./a.wav,joy,s1,f")),
    _case("emotion of one's own", "taken", _rows(ROWS[0], "b.wav,blissful,s2,m"), names="blissful"),
    _case("no emotion: other, no agreement", "dropped", _rows(ROWS[0], "b.wav,xxx,s2,m")),
    _case("unknown gender", "refused", _rows("a.wav,joy,s1,x")),
    _case("no speaker", "refused", _rows("a.wav,joy,,f")),
    _case("upper case and blanks", "taken", _rows(" a.wav , Joy ,s1, F ")),
    _case("encoding latin-1", "refused", _rows("città uno.wav,joy,s1,f").encode("latin-1")),
    _case("encoding UTF-16", "refused", _rows(*ROWS).encode("utf-16")),
    _case("byte order mark", "taken", b"\xef\xbb\xbf" + _rows(*ROWS).encode()),
    _case("CRLF", "taken", _rows(*ROWS).replace("\n", "\r\n")),
    _case("quotes", "taken", _rows('"a.wav","joy","s, 1","f"', '"c""d.wav",joy,s2,m')),
    _case("quote that is not closed", "refused", _rows('"a.wav,joy,s1,f', "b.wav,joy,s1,f")),
    _case("zero bytes", "refused", _rows("a\0.wav,joy,s1,f")),
    _case("encoding UTF-16 without a mark", "refused", _rows(*ROWS).encode("utf-16-le")),
    _case("cell of a megabyte", "refused", _rows(f"{'a' * 10**6},joy,s1,f")),
    _case("spreadsheet", "refused", b"PK\x03\x04" + bytes(range(256))),
    _case("another suffix", "refused", _rows(*ROWS), name="clips.xlsx"),
    _case("absolute path", "refused", _rows("/etc/passwd,joy,s1,f")),
    _case("path with ..", "refused", _rows("deep/../../a.wav,joy,s1,f")),
    _case("spaces and accents in names", "taken", _rows("città uno.wav,joy,s1,f")),
    _case("name in Unicode form NFD", "refused", _rows("citta\u0300 uno.wav,joy,s1,f"), names="another Unicode"),
    _case("name in another case", "refused", _rows("A.wav,joy,s1,f"), names="upper and lower case differ"),
    _case("backslashes in a path", "refused", _rows("deep\\a.wav,joy,s1,f"), names="folders are separated by /"),
    _case("a speaker in several spellings", "taken", _rows(ROWS[0], "b.wav,anger,S1,f")),
    _case("clip that is not there", "refused", _rows("gone.wav,joy,s1,f"), names="gone.wav"),
]


def _a_million(folder: Path) -> str:
    rows = (f"wav/{row}.wav,joy,s{row % 1000},{'f' if row < MILLION - 1 else 'x'}" for row in range(MILLION))
    return use(_rows(*rows).encode(), "refuse", "clips.csv", folder)


CASES.append(Case("table", "a million rows, and a mistake in the last", "refused", _a_million, "line(s) 1000001"))
