"""The model card: what a checkpoint was made from, how well it hears, and what it may be used for."""

from pathlib import Path

from ser.corpora import TRANSCRIBED, reader_module
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import Speech
from ser.records import CellRecord, Score

_CARD = """---
language: {language}
license: other
license_name: of-the-base-model-and-the-corpora
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [speech, audio, {model}, ctc]
metrics: [cer, wer]
---

# {model}-{level}

{model}, fine-tuned by CTC to transcribe speech in the language `{language}`: language pre-fine-tuning, from which an
encoder goes on to learn emotions. Made with `python -m ser.pretune model={model} pretune={level}`.

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

{split}{left_out} Text was put into lower case, without punctuation, numbers {numbers}; it is written with
`{letters}` and blanks.

## Errors on speakers that were not heard in training

| corpus | character error rate | word error rate |
|---|---|---|
{errors}

## How it was made

Started from `{start}` ({start_content}), convolutions frozen, at most {epochs} epochs of batches of {batch_size},
learning rate {learning_rate:g}, seed {seed}, split {split_seed}; the weights are those of the validation with the
fewest wrong characters. `pretuning.json` holds the whole configuration, `heard.json` what the checkpoint has heard:
test on neither those clips nor those speakers.

## Licence

The base model's and those of the corpora hold: see the table. {citations}
"""


def write_card(folder: Path, settings: PretuneSettings, cell: CellRecord, speech: Speech, scores: list[Score]) -> None:
    """Write README.md; it holds no time and no place of this machine.

    Args:
        folder: of the checkpoint.
        settings: it was made with.
        cell: its description.
        speech: it has heard.
        scores: its errors.
    """
    readers = {name: reader_module(corpus.reader, TRANSCRIBED) for name, corpus in settings.corpora.items()}
    heard = speech.clips.assign(hours=speech.store.lengths / settings.audio.sample_rate / 3600)
    heard = heard[heard["split"].isin(("train", "validation"))]
    data = [
        f"| {name} | {readers[str(name)].LICENCE or 'known to its owner'} | {len(clips)} | {clips['hours'].sum():.2f}"
        f" | {clips['speaker'].nunique()} |"
        for name, clips in heard.groupby("corpus", sort=False)
    ]
    values = {(score.dataset, score.metric): score.value for score in scores}
    errors = [
        f"| {name} | {values[name, 'cer']:.3f} | {values[name, 'wer']:.3f} |"
        for name in dict.fromkeys(score.dataset for score in scores)
    ]
    left_out = "; ".join(f"{count} {reason}" for reason, count in speech.left_out.items())
    start = settings.start
    text = _CARD.format(
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
        citations=" ".join(dict.fromkeys(reader.CITATION for reader in readers.values() if reader.CITATION)),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
