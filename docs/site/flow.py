"""Flow charts of Mermaid's language as SVG, for what our pages use: boxes, rhombs, labelled arrows, TD and BT."""

import html
import re
import textwrap

WIDTH, GAP, LINE, LETTERS = 190, 26, 17, 25
"""Width of a box, space between boxes, height of a line of text, letters in a line."""


def draw(chart: str) -> str:
    """Return a chart as an SVG figure: a row for each step from the first box, from top to bottom."""
    labels: dict[str, tuple[str, str]] = {}
    arrows: list[tuple[str, str, str]] = []
    for line in chart.strip().splitlines()[1:]:
        for name, opening, text in re.findall(r'(\w+)([\[{])"(.*?)"[\]}]', line):
            labels[name] = (opening, text)
        bare = re.sub(r'[\[{]".*?"[\]}]', "", line)
        if match := re.match(r"\s*(\w+)\s*-->(?:\|(.*?)\|)?\s*(\w+)", bare):
            arrows.append((match[1], match[3], match[2] or ""))
    if chart.strip().splitlines()[0].endswith("BT"):
        arrows = [(after, before, text) for before, after, text in reversed(arrows)]
    return svg(labels, arrows)


def rows_of(labels: dict[str, tuple[str, str]], arrows: list[tuple[str, str, str]]) -> dict[str, int]:
    """Return the row of every box: one below the lowest from which an arrow leads to it."""
    rows = dict.fromkeys(labels, 0)
    for _ in labels:
        for before, after, _text in arrows:
            rows[after] = max(rows[after], rows[before] + 1)
    return rows


def svg(labels: dict[str, tuple[str, str]], arrows: list[tuple[str, str, str]]) -> str:
    """Return the drawing of boxes, centred row by row, and of straight arrows between them."""
    rows = rows_of(labels, arrows)
    lines = {name: textwrap.wrap(text, LETTERS) for name, (_, text) in labels.items()}
    count = max(rows.values()) + 1
    members = [[name for name in labels if rows[name] == row] for row in range(count)]
    heights = [max(len(lines[name]) for name in row) * LINE + 16 for row in members]
    width = max(len(row) for row in members) * (WIDTH + GAP)
    centre: dict[str, tuple[float, float]] = {}
    top = 4.0
    for row, height in zip(members, heights, strict=True):
        left = (width - len(row) * (WIDTH + GAP)) / 2
        for number, name in enumerate(row):
            centre[name] = (left + (number + 0.5) * (WIDTH + GAP), top + height / 2)
        top += height + (44 if len(members) < 20 else 14)
    parts = []
    for before, after, text in arrows:
        x, y = centre[before][0], centre[before][1] + len(lines[before]) * LINE / 2 + 8
        to_x, to_y = centre[after][0], centre[after][1] - len(lines[after]) * LINE / 2 - 9
        parts.append(f'<path d="M{x:.0f} {y:.0f}L{to_x:.0f} {to_y:.0f}" class="arrow" marker-end="url(#head)"/>')
        if text:
            at = (x + 2 * to_x) / 3, (y + 2 * to_y) / 3 + 3
            parts.append(f'<text x="{at[0]:.0f}" y="{at[1]:.0f}" class="label">{html.escape(text)}</text>')
    for name, (opening, _) in labels.items():
        x, y = centre[name]
        height = len(lines[name]) * LINE + 16
        shape = "question" if opening == "{" else "answer"
        corner = f'x="{x - WIDTH / 2:.0f}" y="{y - height / 2:.0f}"'
        parts.append(f'<rect {corner} width="{WIDTH}" height="{height}" rx="6" class="{shape}"/>')
        for number, line in enumerate(lines[name]):
            at = y - (len(lines[name]) - 1) * LINE / 2 + number * LINE + 4.5
            parts.append(f'<text x="{x:.0f}" y="{at:.0f}">{html.escape(line)}</text>')
    box = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    head = f'<marker id="head" {box}><path d="M0 0L8 4L0 8z"/></marker>'
    style = (
        "<style>.flow text{font:13px system-ui,sans-serif;text-anchor:middle;fill:currentColor}"
        ".flow rect{stroke:currentColor;stroke-width:1}.flow .question{fill:none;stroke-dasharray:4 3}"
        ".flow .answer{fill:#0b53942a}.flow .arrow{stroke:currentColor;fill:none}.flow marker path{fill:currentColor}"
        ".flow .label{font-style:italic;paint-order:stroke;"
        "stroke:var(--md-default-bg-color,#fff);stroke-width:5px}</style>"
    )
    body = f"<defs>{head}</defs>{style}{''.join(parts)}"
    return f'<figure class="flow"><svg viewBox="0 0 {width:.0f} {top:.0f}" role="img">{body}</svg></figure>'
