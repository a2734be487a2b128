"""The model card: data, protocol, scores with the interval for new speakers, intended use and limits."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ser.analysis.claims.clips import speaker_scores
from ser.analysis.claims.estimate import Estimate
from ser.escaping import markdown_text
from ser.exporting.members import Members
from ser.metrics.classification import confusion
from ser.prediction.folder import ExportRecord
from ser.schema import ALL, CALIBRATION

CONFIDENCE = 0.95
SHARES = ("accuracy", "uar")
"""Metrics from 0 to 1."""
CARD = """---
license: other
license_name: of-the-base-model-and-the-corpora
library_name: transformers
pipeline_tag: audio-classification
tags: [speech, audio, speech-emotion-recognition, onnx]
---

# {title}

{what} Input is mono speech at {sample_rate} Hz{loudness}.

## Use

```
pip install 'ser-grid[predict]'
python -m ser.predict model=<this folder> input=recordings/
```

```python
from ser import Recogniser
from transformers import pipeline

print(Recogniser("<this folder>")(samples, rate))
print(pipeline("audio-classification", model="<this folder>", trust_remote_code=True)("clip.wav"))
```

Outputs: {labels}.

## Data

| corpus | part | clips | licence |
|---|---|---|---|
{data}

## Protocol

{protocol}

## Scores

{scores_text}

| test set | group | clips | metric | score | {confidence:.0%} interval |
|---|---|---|---|---|---|
{scores}
{confusions}{calibration}
## Intended use and limits

- Research on speech emotion recognition, and comparison with other models on the same test sets.
- {acted} Acted emotion is stronger than everyday emotion, and easier to tell apart: scores on other speech are lower.
- It returns what listeners would call the expression in a voice, not what a person feels. Other languages, ages,
  microphones, noise, music or several speakers at once were not tested unless a test set above has them.
- Not for judging people: not for hiring, grading, policing, credit, insurance, diagnosis or the detection of lies.
  Article 5(1)(f) of the EU's AI Act (Regulation 2024/1689) prohibits emotion recognition at work and in education,
  except for medical or safety reasons; elsewhere the act treats it as high risk, and people must be told of it.
- Compare the scores of genders above before use: where they differ, so does the harm of errors.

## Licence and citation

Those of the base model ({start}) and of the corpora apply. {citations}
"""


def card(members: Members, record: ExportRecord) -> str:
    """Return the text of README.md, without times and without paths of this machine."""
    settings, result = members.settings, members.cells[0].result
    start = (
        settings.checkpoint.rstrip("/").split("/")[-1]
        if settings.checkpoint.startswith(("/", "."))
        else settings.checkpoint
    )
    networks = f"the mean of {len(members.cells)} networks (seeds)" if len(members.cells) > 1 else "one network"
    kind = "Arousal, valence and dominance, each from 0 to 1," if members.values else "Probabilities of emotions"
    predictions = members.predictions()
    trained = "+".join(settings.dataset.train)
    citations = " ".join(dict.fromkeys(each.citation for each in result.corpora.values() if each.citation))
    return CARD.format(
        title=markdown_text(record.name),
        what=f"{kind} of speech: {networks}, {settings.model.name} fine-tuned on {markdown_text(trained)}.",
        sample_rate=record.sample_rate,
        loudness=""
        if record.loudness_lufs is None
        else f", brought to {record.loudness_lufs:g} LUFS (ITU-R BS.1770-4)",
        labels=markdown_text(", ".join(record.labels)),
        data="\n".join(_data(members)),
        protocol=markdown_text(_protocol(members)),
        scores_text="The interval is for new speakers: a t interval over the mean scores of the test speakers, of this"
        " model as it is; another training is not in it."
        + (" Clips that any member was trained on are left out." if len(members.cells) > 1 else ""),
        confidence=CONFIDENCE,
        scores="\n".join(_scores(members, predictions)),
        confusions="" if members.values else "".join(_confusions(members, predictions)),
        calibration="" if members.values else _calibration(members),
        acted="Of the training corpora, those of actors hold acted speech.",
        start=markdown_text(start),
        citations=markdown_text(citations),
    )


def new_speakers(clips: pd.DataFrame, metric: str) -> tuple[float, float] | None:
    """Return the interval of a score for new speakers; None from fewer than two speakers.

    The speakers are a sample: mean and standard error are those of their scores, with a t of speakers - 1 degrees of
    freedom.
    """
    if "speaker" not in clips:
        return None
    speakers = speaker_scores(clips, metric).groupby("speaker")[["value", "weight"]].apply(_mean).dropna()
    if len(speakers) < 2 or not (variance := float(speakers.var(ddof=1)) / len(speakers)):
        return None
    estimate = Estimate(float(speakers.mean()), variance, len(speakers) - 1, "t over speakers")
    low, high = estimate.interval(CONFIDENCE)
    return (max(low, 0.0), min(high, 1.0)) if metric in SHARES else (low, high)


def _mean(of_speaker: pd.DataFrame) -> float:
    return float(np.average(of_speaker["value"], weights=of_speaker["weight"]))


def _data(members: Members) -> Iterator[str]:
    settings = members.settings
    for name, corpus in members.cells[0].result.corpora.items():
        part = " and ".join(
            [*(["training"] if name in settings.dataset.train else []), *(["test"] if name in settings.tests else [])]
        )
        yield f"| {_cell(name)} | {part} | {corpus.clips} | {_cell(corpus.licence or 'known to its owner')} |"


def _protocol(members: Members) -> str:
    settings, result = members.settings, members.cells[0].result
    training, parts = settings.training, ", ".join(f"{count} {part}" for part, count in result.split.items())
    seeds = ", ".join(str(cell.settings.seed.value) for cell in members.cells)
    return (
        f"Split '{settings.split.name}' ({parts} clips); at most {training.epochs} epochs of batches of"
        f" {training.batch_size}, learning rate {training.learning_rate:g}, seed {seeds}; pooling"
        f" {settings.pooling.name}, layers {settings.layers.name}, head {settings.head.name}, augmentation"
        f" {settings.augmentation.name}. The weights are those of the best validation, and no test clip"
        " was used to choose them."
    )


def _scores(members: Members, predictions: dict[str, pd.DataFrame]) -> Iterator[str]:
    metrics = ("ccc", "rmse") if members.values else ("accuracy", "uar")
    scores = members.scores()
    for name, table in predictions.items():
        of_set = scores[(scores["dataset"] == name) & scores["metric"].isin(metrics)] if len(scores) else scores
        for group, metric, value in of_set[["group", "metric", "value"]].itertuples(index=False):
            clips = table if group == ALL else table[table["gender"] == group]
            limits = new_speakers(clips.reset_index(drop=True), metric)
            shown = "-" if limits is None else f"{limits[0]:.3f} to {limits[1]:.3f}"
            yield f"| {_cell(name)} | {group} | {len(clips)} | {metric} | {value:.3f} | {shown} |"


def _confusions(members: Members, predictions: dict[str, pd.DataFrame]) -> Iterator[str]:
    for name, table in predictions.items():
        if table.empty:
            continue
        counts = confusion(table, tuple(members.labels))
        yield f"\nConfusions on {markdown_text(name)}; rows are the truth, columns the predictions:\n\n"
        yield from _table(["", *map(str, counts.columns)], [[str(row), *counts.loc[row]] for row in counts.index])


def _calibration(members: Members) -> str:
    scores = members.scores()
    of_all = scores[(scores["group"] == ALL) & scores["metric"].isin(CALIBRATION)] if len(scores) else scores
    if not len(of_all):
        return ""
    wide = of_all.pivot(index="dataset", columns="metric", values="value")
    rows = [
        [str(name), *(f"{value:.3f}" for value in row)] for name, row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    lines = "".join(_table(["test set", *map(str, wide.columns)], rows))
    return f"\nCalibration of the probabilities, without temperature scaling; 0 is best:\n\n{lines}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    for line in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(_cell(str(value)) for value in line) + " |\n"


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return markdown_text(text).replace("|", r"\|")
