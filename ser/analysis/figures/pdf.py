"""PDF files, written by a process of their own: embedding fonts takes as long as all the rest of a figure."""

import pickle
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from matplotlib.figure import Figure

from ser.analysis.figures.style import save


class PdfWriter:
    """Writes figures beside the work that draws them; leaving the block waits for the last one.

    Args:
        folder: where the files go; it must be there.
    """

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "ser.analysis.figures.pdf", str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        self._figures = cast(IO[bytes], self._process.stdin)

    def write(self, figure: Figure, name: str) -> None:
        """Have the figure written as `<folder>/<name>.pdf`."""
        pickle.dump((figure, name), self._figures)
        self._figures.flush()

    def __enter__(self) -> "PdfWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._figures.close()
        if self._process.wait() and error is None:
            raise RuntimeError("the process that writes the PDF files failed; its error stands above")


def serve(folder: Path) -> None:
    """Write the figures that come over standard input until it ends."""
    while True:
        try:
            figure, name = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        save(figure, folder, name, ("pdf",))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
