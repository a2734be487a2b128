"""The model card of a checkpoint: data, error rates, training, and licence."""

from pathlib import Path

import yaml

from ser.corpora import TRANSCRIBED, reader_module
from ser.escaping import markdown_text
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import Speech
from ser.records import CellRecord, Score

_CARD = """---
{front_matter_language}
license: other
license_name: of-the-base-model-and-the-corpora
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [speech, audio, {model}, ctc]
metrics: [cer, wer]
---

# {title}

{title} is fine-tuned by CTC to transcribe speech in the language `{language}`: language pre-fine-tuning, a starting
point for speech emotion recognition. Made with `python -m ser.pretune model={model} pretune={level}`.

```python
from transformers import AutoModelForCTC, AutoProcessor

model, processor = AutoModelForCTC.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
inputs = processor(samples, sampling_rate={sample_rate}, return_tensors="pt")
print(processor.batch_decode(model(**inputs).logits.argmax(-1)))
```

## Data

| corpus | licence | clips | hours | speakers |
|---|---|---|---|---|
{data}

{split}{left_out} Text is in lower case, without punctuation, numbers {numbers}, in the letters
`{letters}` and spaces.

## Error rates on held-out speakers

| corpus | character error rate | word error rate |
|---|---|---|
{errors}

## How it was made

Started from `{start}` ({start_content}), convolutions frozen, at most {epochs} epochs of batches of {batch_size},
learning rate {learning_rate:g}, seed {seed}, split {split_seed}; the weights are those of the validation with the
fewest wrong characters. `pretuning.json` holds the whole configuration, `heard.json` the clips and speakers of
training and validation: do not test on them.

## Licence

Those of the base model and of the corpora apply: see the table. {citations}
"""


def write_card(folder: Path, settings: PretuneSettings, cell: CellRecord, speech: Speech, scores: list[Score]) -> None:
    """Write README.md, without times and without paths of this machine.

    Args:
        folder: folder of the checkpoint.
        settings: its settings.
        cell: its description.
        speech: the speech of training and validation.
        scores: its error rates.
    """
    readers = {name: reader_module(corpus.reader, TRANSCRIBED) for name, corpus in settings.corpora.items()}
    clips = speech.clips.assign(hours=speech.store.lengths / settings.audio.sample_rate / 3600)
    clips = clips[clips["split"].isin(("train", "validation"))]
    data = [
        f"| {_cell(str(name))} | {_cell(readers[str(name)].LICENCE or 'known to its owner')} | {len(of_corpus)}"
        f" | {of_corpus['hours'].sum():.2f} | {of_corpus['speaker'].nunique()} |"
        for name, of_corpus in clips.groupby("corpus", sort=False)
    ]
    values = {(score.dataset, score.metric): score.value for score in scores}
    errors = [
        f"| {_cell(name)} | {values[name, 'cer']:.3f} | {values[name, 'wer']:.3f} |"
        for name in dict.fromkeys(score.dataset for score in scores)
    ]
    left_out = "; ".join(f"{count} {reason}" for reason, count in speech.left_out.items())
    start = settings.start
    text = _CARD.format(
        title=markdown_text(f"{settings.model.name}-{settings.pretune.name}"),
        front_matter_language=yaml.safe_dump({"language": settings.language}, allow_unicode=True).strip(),
        language=settings.language,
        model=settings.model.name,
        level=settings.pretune.name,
        sample_rate=settings.audio.sample_rate,
        data="\n".join(data),
        split=f"Trained on {speech.hours('train'):.2f} h, validated on {speech.hours('validation'):.2f} h of other"
        " speakers.",
        left_out=f" Left out: {left_out}." if left_out else "",
        numbers="spelled out" if settings.text.numbers == "spell" else "as words",
        letters=settings.letters,
        errors="\n".join(errors),
        start=Path(start).name if Path(start).is_dir() else start,
        start_content=cell.parameters["checkpoint_content"],
        epochs=settings.training.epochs,
        batch_size=settings.training.batch_size,
        learning_rate=settings.training.learning_rate,
        seed=settings.seed.value,
        split_seed=settings.seed.split,
        citations=markdown_text(" ".join(dict.fromkeys(each.CITATION for each in readers.values() if each.CITATION))),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return markdown_text(text).replace("|", r"\|")
