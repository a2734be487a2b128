"""The report as data, as Markdown, and as one self-contained HTML file; `ser.analysis.report.latex` has its tables."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser.analysis.report.formatting import shown_columns, table_of_text
from ser.escaping import markdown_text as plain

STYLE = Path(__file__).with_name("page.css").read_text("utf-8")
SCRIPT = Path(__file__).with_name("page.js").read_text("utf-8")
"""The look of the page and the sorting of its tables, both inside the page."""

MOST_ROWS = 40
"""Longer tables are closed at first, and go over pages in LaTeX."""


@dataclass(frozen=True)
class Table:
    """A table of the report; `name` is the stem of its CSV and LaTeX files."""

    name: str
    caption: str
    data: pd.DataFrame
    columns: Sequence[str] | None = None  # those that the report shows; the CSV file has all
    folded: bool = False  # of interest to few: closed at first in HTML, a link in Markdown, as any long table
    latex: bool = True  # whether it has a LaTeX file too

    @property
    def closed(self) -> bool:
        """Whether a reader has to open the table."""
        return self.folded or len(self.data) > MOST_ROWS

    @property
    def shown(self) -> pd.DataFrame:
        """The columns that the report shows."""
        return self.data if self.columns is None else self.data[list(self.columns)]


@dataclass(frozen=True)
class Figure:
    """A figure of the report; `name` is the stem of its PNG, SVG and PDF files."""

    name: str
    caption: str


@dataclass(frozen=True)
class Player:
    """A recording that a reader can listen to."""

    caption: str
    mp3: bytes


@dataclass(frozen=True)
class Answer:
    """One line of an answer: a verdict, which is one word in one colour, and what it is about."""

    verdict: str
    colour: str
    text: str


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `notes` are statements that a reader must not miss."""

    title: str
    paragraphs: Sequence[str] = ()
    notes: Sequence[str] = ()
    answers: Sequence[Answer] = ()  # before the paragraphs
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    players: Sequence[Player] = ()  # in HTML alone


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the report as Markdown; figures are the PNG files beside it, and text is neither HTML nor a link."""
    lines = [f"# {plain(title)}", ""]
    for section in sections:
        lines += [f"## {plain(section.title)}", ""]
        lines += [line for note in section.notes for line in (f"> **Note.** {plain(note)}", "")]
        lines += _markdown_figures(section) * bool(section.answers)
        lines += [f"- **{answer.verdict}**: {plain(answer.text)}" for answer in section.answers]
        lines += [""] * bool(section.answers)
        lines += [line for paragraph in section.paragraphs for line in (plain(paragraph), "")]
        lines += _markdown_figures(section) * (not section.answers)
        for table in section.tables:
            where = f"([{table.name}.csv]({table.name}.csv))"
            lines += [f"**{plain(table.caption)}** {where}", ""]
            if not table.closed:
                lines += [*_pipes(table_of_text(table.shown)), ""]
    return "\n".join(lines)


def to_html(title: str, sections: Sequence[Section], folder: Path) -> str:
    """Return the report as one HTML page that needs no other file; figures are read as SVG from `folder`."""
    contents = "".join(f'<li><a href="#{_anchor(s.title)}">{html.escape(s.title)}</a></li>' for s in sections)
    parts = [f"<h1>{html.escape(title)}</h1><nav><ol>{contents}</ol></nav>"]
    for section in sections:
        parts.append(f'<h2 id="{_anchor(section.title)}">{html.escape(section.title)}</h2>')
        parts += [f'<p class="note">{html.escape(note)}</p>' for note in section.notes]
        figures = _html_figures(section, folder)
        if section.answers:  # whose picture comes first
            parts += figures
            parts.append(f'<ul class="answers">{"".join(map(_html_answer, section.answers))}</ul>')
        parts += [f"<p>{html.escape(paragraph)}</p>" for paragraph in section.paragraphs]
        parts += figures * (not section.answers)
        for table in section.tables:
            files = f"{table.name}.csv, {table.name}.tex" if table.latex else f"{table.name}.csv"
            caption = f"{html.escape(table.caption)} <small>{files}</small>"
            body = _html_table(table.shown)
            opened = "" if table.closed else " open"
            parts.append(f"<details{opened}><summary>{caption}</summary><figure>{body}</figure></details>")
        for player in section.players:
            sound = (
                f'<audio controls preload="none" src="data:audio/mpeg;base64,{base64.b64encode(player.mp3).decode()}">'
            )
            parts.append(
                f'<figure class="player">{sound}</audio><figcaption>{html.escape(player.caption)}</figcaption></figure>'
            )
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n'
        + "\n".join(parts)
        + f"\n<script>{SCRIPT}</script></body></html>\n"
    )


def _markdown_figures(section: Section) -> list[str]:
    return [
        line
        for figure in section.figures
        for line in (f"![{plain(figure.caption)}]({figure.name}.png)", "", f"*{plain(figure.caption)}*", "")
    ]


def _html_figures(section: Section, folder: Path) -> list[str]:
    """Return the figures with their files inside."""
    parts = []
    for figure in section.figures:
        picture = base64.b64encode((folder / f"{figure.name}.svg").read_bytes()).decode()
        caption = html.escape(figure.caption)
        image = f'<img src="data:image/svg+xml;base64,{picture}" alt="{caption}">'
        parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    return parts


def _html_answer(answer: Answer) -> str:
    return f'<li><b style="background: {answer.colour}">{answer.verdict}</b>{html.escape(answer.text)}</li>'


def _anchor(title: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in title.lower())


def _pipes(shown: pd.DataFrame) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(plain(cell).replace("|", r"\|") for cell in cells) + " |"

    return [
        line(list(shown.columns)),
        line(["---"] * shown.shape[1]),
        *(line(row) for row in shown.to_numpy().tolist()),
    ]


def _html_table(data: pd.DataFrame) -> str:
    shown = table_of_text(data)
    kinds = [' class="text"' if text else "" for text in text_columns(data)]

    def line(tag: str, cells: Sequence[str]) -> str:
        filled = (f"<{tag}{kind}>{html.escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
        return "<tr>" + "".join(filled) + "</tr>"

    body = "\n".join(line("td", row) for row in shown.to_numpy().tolist())
    return f"<table><thead>{line('th', list(shown.columns))}</thead><tbody>\n{body}\n</tbody></table>"


def text_columns(data: pd.DataFrame) -> list[bool]:
    """Return, for each column that is shown, whether it holds words."""
    return [not pd.api.types.is_numeric_dtype(data[column]) for column in shown_columns(data)]
