"""The schema of the configuration of `python -m ser.pretune`."""

import unicodedata
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator

from ser.logistics import logistics
from ser.settings import CorpusSettings, Part, TrackedSettings, TrainingRunSettings, TranscriptionSettings
from ser.text.normalisation import Numbers
from ser.text.vocabulary import WORD_DELIMITER

START = "none"
"""The level of `pretune` that every other one starts from."""


class TextSettings(Part):
    """How transcripts are spelled: the letters of each language, and what becomes of the rest."""

    alphabets: dict[str, str]
    numbers: Numbers
    unknown: Literal["leave_out", "remove", "refuse"]

    @field_validator("alphabets")
    @classmethod
    def _letters_once(cls, alphabets: dict[str, str]) -> dict[str, str]:
        for language, letters in alphabets.items():
            wrong = {letter for letter in letters if letters.count(letter) > 1} | set(letters) & {" ", WORD_DELIMITER}
            if wrong or letters != unicodedata.normalize("NFC", letters).lower() or not letters:
                named = f" ({' '.join(sorted(wrong))})" if wrong else ""
                raise ValueError(f"{language}: an alphabet is lower-case letters, each once, no blank and no |{named}")
        return alphabets


class PretuneSettings(TrainingRunSettings, TrackedSettings):
    """Everything that makes one checkpoint."""

    output: Path = logistics()
    corpora: dict[str, CorpusSettings] = Field(min_length=1)
    text: TextSettings
    longest_s: PositiveFloat
    validation_hours: PositiveFloat
    training: TranscriptionSettings

    @model_validator(mode="after")
    def _can_be_made(self) -> "PretuneSettings":
        if self.pretune.language is None:
            raise ValueError(
                f"pretune={self.pretune.name} has no language, so there is nothing to make; choose another level, or"
                " copy conf/pretune/it.yaml to a level of your own"
            )
        if self.pretune.language not in self.text.alphabets:
            raise ValueError(
                f"no alphabet for the language '{self.pretune.language}' of pretune={self.pretune.name}; there are"
                f" {', '.join(self.text.alphabets)}. Add one: +text.alphabets.{self.pretune.language}=<letters>"
            )
        if START not in self.model.checkpoints:
            raise ValueError(f"no checkpoint to start from: +model.checkpoints.{START}=<hub id or folder>")
        reserved = {"train", "validation"} & set(self.corpora)
        if reserved:
            raise ValueError(f"a corpus cannot be called {reserved.pop()}: the training curves are")
        return self

    @property
    def language(self) -> str:
        """Of the speech and of its text, ISO 639-1."""
        assert self.pretune.language is not None  # `_can_be_made` has seen to it
        return self.pretune.language

    @property
    def letters(self) -> str:
        """All that can be written."""
        return self.text.alphabets[self.language]

    @property
    def start(self) -> str:
        """The encoder that is fine-tuned."""
        return self.model.checkpoints[START]

    def science(self) -> dict[str, Any]:
        """Return what changes the checkpoint, as plain values; of the alphabets and encoders, those that are used."""
        return super().science() | {
            "model": self.model.name,
            "text": {"letters": self.letters, "numbers": self.text.numbers, "unknown": self.text.unknown},
        }
