"""`python -m ser.predict model=<export> input=<file|folder|table|->`: emotions of recordings, without torch."""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, model_validator

from ser.arguments import model_folder, quoted_folders
from ser.command import run
from ser.numbers import Threads
from ser.settings.part import Part


class PredictSettings(Part):
    """The model, the recordings, and what is written."""

    model_folder: Path
    input: Annotated[str, Field(min_length=1)]
    output: Path | None
    window_s: PositiveFloat | None
    hop_s: PositiveFloat | None
    embeddings: bool
    processes: Threads | None

    @model_validator(mode="after")
    def _check(self) -> "PredictSettings":
        if self.hop_s is not None and (self.window_s is None or self.hop_s > self.window_s):
            raise ValueError("hop_s is the step between windows: it needs a window_s that is at least as long")
        if self.output is not None and self.output.suffix not in (".csv", ".jsonl"):
            raise ValueError(f"output={self.output}: a table of predictions is a .csv or .jsonl file")
        return self


def main(settings: PredictSettings) -> None:
    """Write a row for each window of each recording; those that cannot be used are named in the end.

    Raises:
        ConfigError: the model is no export, the input names no recording, or the output is there already.
        RecordError: a file of the model is damaged.
        CorpusError: recordings cannot be used; the others were predicted.
    """
    from ser.errors import CorpusError
    from ser.prediction.folder import open_export
    from ser.prediction.inputs import recordings
    from ser.prediction.rows import Journal, text
    from ser.prediction.work import Task, predict_all, processes_for
    from ser.records import writing_to

    task = Task(settings.model_folder, settings.window_s, settings.hop_s, settings.embeddings)
    record = open_export(settings.model_folder)
    paths = recordings(settings.input)
    problems = []
    if settings.output is None:
        header = True
        for _, rows in predict_all(task, paths, processes_for(paths, settings.processes)):
            if isinstance(rows, str):
                problems.append(rows)
            else:
                print(text(rows, ".csv", header), end="")
                header = False
    else:
        call = {"model": record.model_dump(), "task": [str(part) for part in task[1:]]}
        with writing_to(settings.output.parent, "output"):
            journal = Journal(settings.output, call)
            left = [path for path in paths if str(path) not in journal.rows]
            with journal.writing() as keep:
                for path, rows in predict_all(task, left, processes_for(left, settings.processes)):
                    if isinstance(rows, str):
                        problems.append(rows)
                    else:
                        keep(str(path), rows)
            journal.finish([str(path) for path in paths])
        print(f"{len(paths) - len(problems)} recordings in {settings.output}")
    if problems:
        named = "\n  ".join(problems)
        raise CorpusError(f"{len(problems)} of {len(paths)} recordings cannot be used:\n  {named}")


if __name__ == "__main__":
    sys.argv[1:] = quoted_folders(model_folder(sys.argv[1:]))
    run(main, "predict", PredictSettings)
