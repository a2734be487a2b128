"""Predictions as rows of a CSV or JSONL file, and how a run that was broken off is resumed."""

import contextlib
import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ser.errors import ConfigError
from ser.escaping import to_cell
from ser.prediction.recogniser import Prediction
from ser.records import files

FORMATS = (".csv", ".jsonl")
DIGITS = 6


def rows_of(name: str, predictions: Iterable[Prediction], embeddings: bool) -> list[dict[str, Any]]:
    """Return one row a window: file, start_s, end_s, predicted, silent, the scores, and the embedding if asked for."""
    rows = []
    for each in predictions:
        row = {"file": name, "start_s": round(each.start_s, DIGITS), "end_s": round(each.end_s, DIGITS)}
        row |= {"predicted": each.label, "silent": each.silent}
        row |= {label: round(score, DIGITS) for label, score in each.scores.items()}
        rows.append(row | ({"embedding": [float(f"{value:.7g}") for value in each.embedding]} if embeddings else {}))
    return rows


def text(rows: Sequence[Mapping[str, Any]], suffix: str, header: bool) -> str:
    """Return rows as CSV, where an embedding has a column a value, or as JSONL."""
    if suffix == ".jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    flat = [_flat(row) for row in rows]
    if not flat:
        return ""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(flat[0]), lineterminator="\n")
    if header:
        writer.writerow({name: to_cell(name) for name in flat[0]})
    writer.writerows({name: to_cell(value) for name, value in row.items()} for row in flat)
    return written.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    embedding = {f"embedding_{number}": value for number, value in enumerate(row.get("embedding", ()))}
    return {name: value for name, value in row.items() if name != "embedding"} | embedding


class Journal:
    """The rows of finished recordings beside the output, so that a run that was broken off goes on.

    Args:
        output: the file that is written in the end.
        call: what the rows depend on; a journal of another call is not gone on with.

    Raises:
        ConfigError: the output is there already, or a journal of another call.
    """

    def __init__(self, output: Path, call: Mapping[str, Any]) -> None:
        self.output = output
        self.path = output.with_name(f".{output.name}.journal")
        self._call = hashlib.sha256(json.dumps(call, sort_keys=True).encode()).hexdigest()
        if output.exists():
            raise ConfigError(f"output={output}: it is there already, and is not replaced; name another, or remove it")
        self.rows: dict[str, list[dict[str, Any]]] = {}
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        first, *lines = self.path.read_bytes().split(b"\n")
        if first.decode("utf-8", "replace") != self._call:
            raise ConfigError(
                f"output={self.output}: {self.path} is of a call with another model, window or choice of rows; call it"
                " again as it was to go on, or remove it"
            )
        whole = len(first) + 1
        for line in lines[:-1]:  # the last is empty, or was cut off
            try:
                content = json.loads(line)
            except ValueError:
                break
            self.rows[content["file"]] = content["rows"]
            whole += len(line) + 1
        os.truncate(self.path, whole)

    @contextlib.contextmanager
    def writing(self) -> Any:
        """Open the journal; yields a function (file, rows) that keeps the rows of a recording."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write(self._call + "\n")

            def keep(name: str, rows: list[dict[str, Any]]) -> None:
                self.rows[name] = rows
                file.write(json.dumps({"file": name, "rows": rows}) + "\n")
                file.flush()

            yield keep

    def finish(self, names: Sequence[str]) -> None:
        """Write the output, in the order of the names, and remove the journal."""
        rows = [row for name in names for row in self.rows.get(name, [])]
        files.write(self.output, text(rows, self.output.suffix, header=True))
        self.path.unlink()
